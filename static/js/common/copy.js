/** Copies to the clipboard, even if the browser gives no access to it. */

import { part } from "./dom.js";
import { t } from "./i18n.js";

const SAID_MS = 2500;

/**
 * A field with a button that copies its content. The markup needs the parts
 * `field` and `copy`.
 *
 * @param {ParentNode} root
 */
export function makeCopyable(root) {
  const field = part(root, "field");
  const button = part(root, "copy", HTMLButtonElement);
  const words = button.textContent;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  button.addEventListener("click", async () => {
    const done = await copy(field);
    button.textContent = t(done ? "copy.done" : "copy.byHand");
    clearTimeout(timer);
    timer = setTimeout(() => { button.textContent = words; }, SAID_MS);
  });
}

/**
 * @param {HTMLElement} field an input, a textarea or any element with text
 * @returns {Promise<boolean>} if false, the text stays selected, so that it can be copied by hand
 */
async function copy(field) {
  const text = field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement ? field.value : field.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP, there is no clipboard API, but selected text can still be copied.
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.select();
    else getSelection()?.selectAllChildren(field);
    return document.execCommand("copy");
  }
}
