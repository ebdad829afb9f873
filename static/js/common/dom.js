/** Small helpers that clone templates and find their parts. */

/**
 * A copy of the first element in a <template>.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function cloneTemplate(id) {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) throw new Error(`The page has no template #${id}`);
  const copy = document.importNode(template.content, true).firstElementChild;
  if (!(copy instanceof HTMLElement)) throw new Error(`The template #${id} is empty`);
  return copy;
}

/**
 * The element that the markup names with data-part.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} name
 * @param {new () => T} [type]
 * @returns {T}
 */
export function part(root, name, type) {
  const found = root.querySelector(`[data-part="${name}"]`);
  if (!(found instanceof (type ?? HTMLElement))) throw new Error(`The markup has no part "${name}"`);
  return /** @type {T} */ (found);
}

/**
 * The scroll behavior: without animation if the user prefers reduced motion.
 *
 * @returns {ScrollBehavior}
 */
export function calmly() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
}

/**
 * Writes text only if it differs, because writing the same text would still change the page.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Shows text, or hides the element if there is none.
 *
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showText(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/**
 * Shows that a button's work takes time, and keeps it from being pressed again.
 *
 * @param {HTMLButtonElement} button
 * @param {string} words
 * @returns {() => void} ends it
 */
export function showBusy(button, words) {
  const before = button.textContent;
  button.textContent = words;
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  return () => {
    button.textContent = before;
    button.disabled = false;
    button.removeAttribute("aria-busy");
  };
}

/** Settles once the browser has shown what has changed; in a hidden page, soon. */
export function painted() {
  return /** @type {Promise<void>} */ (new Promise((resolve) => {
    if (document.hidden) setTimeout(resolve);
    else requestAnimationFrame(() => setTimeout(resolve));
  }));
}
