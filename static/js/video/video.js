/** The page of a video: its progress while it is read, then the player and the timeline. */

import { createDeleteControl } from "../common/delete-control.js";
import { cloneTemplate, part, showText } from "../common/dom.js";
import { countDown, spanWords } from "../common/expiry.js";
import { t } from "../common/i18n.js";
import { makeCopyable } from "../common/copy.js";
import { cancelJob, followJob } from "./job-progress.js";
import { showVideo } from "./video-view.js";

const root = part(document, "video-page");
const { id = "", state = "", jobUrl = "", cancelUrl = "", expiresAt = "", leftS } = root.dataset;
const TOKEN_KEY = `facetraits-delete-${id}`;
let stop = () => {};

/** The delete token: from the fragment, which browsers never send, then from this tab's storage. */
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("delete");
  try {
    if (given) sessionStorage.setItem(TOKEN_KEY, given);
    if (given) history.replaceState(null, "", location.pathname + location.search);
    return given ?? sessionStorage.getItem(TOKEN_KEY);
  } catch {
    return given; // storage can be blocked
  }
}

/** @param {string} token */
function offerDelete(token) {
  part(root, "manage").hidden = false;
  const onDeleted = () => showGone(t("videoWords.deleted"), t("videoWords.deletedWords"));
  part(root, "delete-place").replaceChildren(createDeleteControl({ url: jobUrl, token, onDeleted }));
}

/**
 * @param {string} title
 * @param {string} words
 */
function showGone(title, words) {
  stop();
  const gone = cloneTemplate("gone-template");
  part(gone, "gone-title").textContent = title;
  part(gone, "gone-words").textContent = words;
  root.replaceChildren(gone);
  document.title = `${title} – Facetraits`;
  part(gone, "gone-title").focus();
}

/** @param {string | null} token */
function follow(token) {
  const place = part(root, "job-progress");
  const ttl = part(place, "ttl");
  ttl.textContent = spanWords(Number(ttl.dataset.ttlS));
  // The page of what it becomes is another one.
  stop = followJob(place, jobUrl, () => location.reload());
  const cancel = part(place, "job-cancel", HTMLButtonElement);
  cancel.hidden = !token;
  cancel.addEventListener("click", async () => {
    cancel.disabled = true;
    if (await cancelJob(cancelUrl, token ?? "")) return location.reload();
    cancel.disabled = false;
    return showText(part(place, "job-problem"), t("videoWords.notCanceled"));
  });
}

const token = takeToken();
if (expiresAt) {
  const onEnd = () => showGone(t("videoWords.expired"), t("videoWords.expiredWords"));
  stop = countDown(part(root, "countdown"), { expiresAt, leftS: leftS ? Number(leftS) : undefined, onEnd });
}
if (state === "queued" || state === "running") follow(token);
if (state === "done") {
  showVideo(root).catch(() => showText(part(root, "load-problem"), t("videoWords.notLoaded")));
  for (const copyable of root.querySelectorAll(".copyable")) if (copyable instanceof HTMLElement) makeCopyable(copyable);
}
if (token) offerDelete(token);
