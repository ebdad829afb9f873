/**
 * Messages between an embedded page and its real parent page, and no other.
 *
 * @typedef {"light" | "dark" | "auto"} Theme
 */

const SOURCE = "facetraits";
const THEMES = ["light", "dark", "auto"];

/**
 * The origin of the parent page. The browser's information comes first; Firefox has
 * none and needs the origin from the element. If it is wrong, the browser just
 * delivers nothing.
 *
 * @param {{ancestors?: ArrayLike<string>, hash: string, referrer: string}} known
 * @returns {string} "" if unknown
 */
export function parentOrigin({ ancestors, hash, referrer }) {
  const candidates = [ancestors?.[0], new URLSearchParams(hash.slice(1)).get("parent"), referrer];
  for (const address of candidates) {
    if (address && /^https?:\/\//.test(address) && URL.canParse(address)) return new URL(address).origin;
  }
  return "";
}

/** Whether this frame was created by the element, which follows the page's height. */
function isFitted() {
  return new URLSearchParams(location.hash.slice(1)).has("parent");
}

/**
 * @param {"size" | "ready" | "reading" | "problem"} type
 * @param {object} [fields]
 */
export function notifyParent(type, fields = {}) {
  if (parent === window) return;
  const origin = parentOrigin({ ancestors: location.ancestorOrigins, hash: location.hash, referrer: document.referrer });
  if (origin) parent.postMessage({ source: SOURCE, type, ...fields }, origin);
}

/**
 * Reports the height of an element to the parent page, now and whenever it changes.
 * The element's own height, because the document never gets smaller than the frame.
 *
 * @param {HTMLElement} element that holds all of the page
 */
export function reportHeight(element) {
  document.documentElement.classList.toggle("fitted", isFitted());
  let reported = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(element.getBoundingClientRect().height);
    if (height === reported) return;
    reported = height;
    notifyParent("size", { height });
  }).observe(element, { box: "border-box" });
}

/** Lets the parent page change the theme without reloading. */
export function obeyTheme() {
  addEventListener("message", ({ source, data }) => {
    if (source !== parent || data?.source !== SOURCE || data.type !== "theme") return;
    if (THEMES.includes(data.theme)) document.documentElement.dataset.theme = data.theme;
  });
}
