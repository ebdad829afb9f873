/**
 * The API key of this tab: kept in sessionStorage until the tab is closed, and sent
 * as a header. No cookie, so another site can't make the browser send it.
 */

import { part, setText } from "./dom.js";
import { t } from "./i18n.js";

const NAME = "facetraits-api-key";

/** @returns {string} the key, "" if there is none */
export function storedKey() {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return ""; // storage can be blocked
  }
}

/**
 * Headers plus the key, if there is one.
 *
 * @param {Record<string, string>} [headers]
 * @returns {Record<string, string>}
 */
export function withKey(headers = {}) {
  const key = storedKey();
  return key ? { ...headers, Authorization: `Bearer ${key}` } : headers;
}

/** @param {string} key "" to forget it */
function keep(key) {
  try {
    if (key) sessionStorage.setItem(NAME, key);
    else sessionStorage.removeItem(NAME);
  } catch {
    // Without storage, the key can't be remembered; the page says so when a request fails.
  }
}

/**
 * Wires the form of _key.html, if the page has one.
 *
 * @param {ParentNode} root
 * @param {() => void} [onChange] called when a key was accepted or forgotten
 */
export function offerLogin(root, onChange = () => {}) {
  const form = root.querySelector('[data-part="key-form"]');
  if (!(form instanceof HTMLFormElement)) return;
  const field = part(form, "key-field", HTMLInputElement);
  const show = (/** @type {string} */ words) => {
    form.dataset.state = storedKey() ? "in" : "out";
    setText(part(form, "key-status"), words);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    keep(field.value.trim());
    const words = await checkedWords(form.dataset.url ?? "");
    field.value = "";
    show(words);
    if (storedKey()) onChange();
  });
  part(form, "key-forget").addEventListener("click", () => {
    keep("");
    show(t("apiKey.removed"));
    onChange();
  });
  show("");
}

/**
 * Asks the server whether the key is valid, and forgets a wrong one.
 *
 * @param {string} url
 * @returns {Promise<string>} what to tell the user
 */
async function checkedWords(url) {
  const answer = await fetch(url, { headers: withKey() }).catch(() => null);
  if (answer?.ok) return t("apiKey.valid");
  if (answer === null) return t("apiKey.unreachable");
  keep("");
  if (answer.status === 401) return t("apiKey.wrong");
  return t("apiKey.noneSet");
}
