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

/**
 * The secret that WordPress puts into the address of an embed that it shows in a sandbox; its
 * page accepts only messages that contain it.
 *
 * @param {string} hash
 * @returns {string} "" if the parent page isn't WordPress
 */
export function wordpressSecret(hash) {
  return /^#\?secret=([A-Za-z0-9]{1,64})$/.exec(hash)?.[1] ?? "";
}

/** Whether this frame was created by the element, which follows the page's height. */
function isFitted() {
  return new URLSearchParams(location.hash.slice(1)).has("parent");
}

/**
 * @param {"size" | "name" | "ready" | "reading" | "problem"} type
 * @param {object} [fields]
 */
export function notifyParent(type, fields = {}) {
  send({ source: SOURCE, type, ...fields });
}

/** @param {object} message */
function send(message) {
  if (parent === window) return;
  const origin = parentOrigin({ ancestors: location.ancestorOrigins, hash: location.hash, referrer: document.referrer });
  if (origin) parent.postMessage(message, origin);
}

/**
 * In WordPress: gives the frame its height (WordPress limits it to 200 to 1000 pixels), and opens
 * links that the sandbox would block by asking the parent page to.
 *
 * @param {HTMLElement} element that holds all of the page
 */
export function talkToWordPress(element) {
  const secret = wordpressSecret(location.hash);
  if (!secret) return;
  const sendHeight = () => send({ message: "height", value: Math.ceil(element.getBoundingClientRect().height), secret });
  new ResizeObserver(sendHeight).observe(element, { box: "border-box" });
  // Sent when its script starts, which may be after ours.
  addEventListener("message", ({ source, data }) => {
    if (source === parent && data?.message === "ready" && data.secret === secret) sendHeight();
  });
  element.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link) return;
    event.preventDefault();
    send({ message: "link", value: link.href, secret });
  });
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
