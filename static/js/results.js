/** The page of a kept result. */

import { makeCopyable } from "./copy.js";
import { createDeleteControl } from "./delete-control.js";
import { part } from "./dom.js";
import { elementCode, frameCode } from "./embed-code.js";
import { showGone, showResult, watchExpiry } from "./result-view.js";

const root = part(document, "result");
let stopCountdown = () => {};
const { id = "", url = "", apiUrl = "", jsonUrl = "", csvUrl = "" } = root.dataset;

/**
 * The right to delete comes in the fragment, which browsers send nowhere, and
 * not in a store that the next person at this computer would find: the tab
 * alone keeps it. It leaves the address at once, or it would be shared with it.
 *
 * @returns {string} "" where the visitor has none
 */
function takeToken() {
  const key = `facetraits-delete-${id}`;
  const given = new URLSearchParams(location.hash.slice(1)).get("delete");
  if (given) {
    history.replaceState(null, "", location.pathname + location.search);
    sessionStorage.setItem(key, given);
  }
  return given ?? sessionStorage.getItem(key) ?? "";
}

/** @param {string} token */
function offerDelete(token) {
  part(root, "manage").hidden = false;
  const onDeleted = () => end({ title: "This result is deleted", words: "It is gone from the server, with its picture and its figures." });
  part(root, "delete-place").append(createDeleteControl({ url: apiUrl, token, onDeleted }));
}

/** @param {{title: string, words: string}} what */
function end(what) {
  stopCountdown();
  sessionStorage.removeItem(`facetraits-delete-${id}`);
  document.title = `${what.title} – Facetraits`;
  showGone(root, what);
  part(root, "gone-title").focus();
}

/** The server's own files, which a script can fetch as well. */
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
  const form = part(root, "wishes", HTMLFormElement);
  const write = () => {
    const wishes = new FormData(form);
    const chosen = { theme: String(wishes.get("theme")), show: wishes.getAll("show").map(String) };
    part(part(root, "element-code"), "field", HTMLTextAreaElement).value = elementCode(url, chosen);
    part(part(root, "frame-code"), "field", HTMLTextAreaElement).value = frameCode(url, chosen);
  };
  form.addEventListener("input", write);
  write();
  for (const name of ["element-code", "frame-code"]) makeCopyable(part(root, name));
}

showResult(root);
linkDownloads();
// A server that lets nobody embed has no such section.
if (root.querySelector('[data-part="wishes"]')) offerCode();
const token = takeToken();
if (token) offerDelete(token);
stopCountdown = watchExpiry(root, () => end({ title: "This result has expired", words: "It was kept for a while only, and that is over: the server no longer has it." }));
