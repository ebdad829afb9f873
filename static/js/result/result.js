/** The page of a kept result. */

import { makeCopyable } from "../common/copy.js";
import { createDeleteControl } from "../common/delete-control.js";
import { part } from "../common/dom.js";
import { elementCode, frameCode } from "../common/embed-code.js";
import { t } from "../common/i18n.js";
import { showGone, showResult, watchExpiry } from "./result-view.js";

const root = part(document, "result");
let stopCountdown = () => {};
const { id = "", url = "", apiUrl = "", jsonUrl = "", csvUrl = "" } = root.dataset;
const TOKEN_KEY = `facetraits-delete-${id}`;

/**
 * Reads the delete token from the fragment, which browsers never send. It is stored
 * only for this tab, so that the next person at this computer can't find it, and removed
 * from the address, so that it isn't shared by accident.
 *
 * @returns {boolean} whether there was a token
 */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("delete");
  if (!given) return false;
  offerDelete(given);
  inTab((tab) => tab.setItem(TOKEN_KEY, given));
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

function recallToken() {
  const kept = inTab((tab) => tab.getItem(TOKEN_KEY));
  if (kept) offerDelete(kept);
}

/**
 * Accesses the tab's storage. If the browser blocks site data, even reading throws,
 * and the page works without it.
 *
 * @template T
 * @param {(tab: Storage) => T} use
 * @returns {T | null}
 */
function inTab(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}

/** @param {string} token replaces an earlier one, which may be wrong */
function offerDelete(token) {
  if (!isThere()) return;
  part(root, "manage").hidden = false;
  const onDeleted = () => end({ title: t("result.deleted"), words: t("result.deletedWords") });
  part(root, "delete-place").replaceChildren(createDeleteControl({ url: apiUrl, token, onDeleted }));
}

/** Whether the result has neither expired nor been deleted. */
function isThere() {
  return "reading" in root.dataset;
}

/** @param {{title: string, words: string}} what */
function end(what) {
  stopCountdown();
  inTab((tab) => tab.removeItem(TOKEN_KEY));
  document.title = `${what.title} – Facetraits`;
  showGone(root, what);
  part(root, "gone-title").focus();
}

/** Links to the files on the server. */
function linkDownloads() {
  for (const [name, address] of [["save-json", jsonUrl], ["save-csv", csvUrl]]) {
    const button = part(root, name);
    const link = document.createElement("a");
    link.className = button.className;
    link.textContent = button.textContent;
    link.dataset.testid = button.dataset.testid;
    link.href = address;
    link.download = "";
    button.replaceWith(link);
  }
}

function offerCode() {
  const form = part(root, "embed-options", HTMLFormElement);
  const write = () => {
    const data = new FormData(form);
    const chosen = { theme: String(data.get("theme")), show: data.getAll("show").map(String) };
    part(part(root, "element-code"), "field", HTMLTextAreaElement).value = elementCode(url, chosen);
    part(part(root, "frame-code"), "field", HTMLTextAreaElement).value = frameCode(url, chosen);
  };
  form.addEventListener("input", write);
  write();
  for (const name of ["element-code", "frame-code"]) makeCopyable(part(root, name));
}

function show() {
  showResult(root);
  linkDownloads();
  // If the server doesn't allow embedding, there is no such section.
  if (root.querySelector('[data-part="embed-options"]')) offerCode();
}

// First, so that the result disappears in time even if something else fails.
stopCountdown = watchExpiry(root, () => end({ title: t("result.expired"), words: t("result.expiredWords") }));
if (isThere()) show();
if (!takeToken()) recallToken();
// Pasting a private link into the address bar of this page changes only the fragment.
addEventListener("hashchange", takeToken);
