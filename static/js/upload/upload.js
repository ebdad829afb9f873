/** The upload page: accepts photos, analyzes them two at a time, and keeps their results. */

import { sendPhoto } from "../common/api.js";
import { calmly, part } from "../common/dom.js";
import { saveCsv, saveJson } from "../common/exports.js";
import { takePhotos } from "./intake.js";
import { checkFile } from "./photos.js";
import { createQueue } from "./queue.js";
import { ShareControl } from "../common/share.js";
import { KeptLinks } from "../common/kept-links.js";
import { UploadItem } from "./upload-item.js";
import { statusWords } from "../common/words.js";

// One is sent while another is analyzed; more would only slow down other visitors.
const IN_FLIGHT = 2;

const root = part(document, "upload");
const apiUrl = root.dataset.apiUrl ?? "";
const limits = {
  accept: root.dataset.accept ?? "",
  maxBytes: Number(root.dataset.maxBytes),
  maxFaces: Number(root.dataset.maxFaces),
  formats: root.dataset.formats ?? "",
};
const queue = createQueue(IN_FLIGHT);
const keptLinks = new KeptLinks(part(root, "kept-links-place"), () => part(root, "choose").focus());
/** @type {UploadItem[]} newest batch first, as on the page */
let items = [];

/**
 * @param {File} file
 * @param {AbortSignal} signal
 * @param {(progress: import("../common/api.js").Progress) => void} onProgress
 */
async function read(file, signal, onProgress) {
  const problem = checkFile(file, limits);
  if (problem) throw problem;
  return queue.run(() => sendPhoto(file, { url: apiUrl, signal, onProgress }), signal);
}

/** @param {File} file */
function createShare(file) {
  const { resultsUrl = "", resultTtlS } = root.dataset;
  return resultsUrl ? new ShareControl({ getPicture: () => file, resultsUrl, ttlS: Number(resultTtlS) }) : null;
}

/**
 * When a photo is removed, its link stays, so that it can still be shown and deleted.
 *
 * @param {UploadItem} item
 */
async function keepLink({ share, view }) {
  if (!share) return;
  if (await share.settle()) keptLinks.add(share, view.name);
  else share.dispose();
}

/** @param {File[]} files */
function add(files) {
  const batch = files.map((file) => new UploadItem(file, { read, limits, createShare, onChange: updatePage, onRemove: forget }));
  items = [...batch, ...items];
  part(root, "photos").prepend(...batch.map((item) => item.view.root));
  for (const item of batch) void item.start();
  part(root, "results").scrollIntoView({ block: "start", behavior: calmly() });
}

/** @param {UploadItem} item */
function forget(item) {
  const place = items.indexOf(item);
  items = items.filter((other) => other !== item);
  void keepLink(item);
  const next = items[Math.min(place, items.length - 1)];
  // The focus was on the button that was removed with the photo.
  if (next) part(next.view.root, "name").focus();
  else part(root, "choose").focus();
  updatePage();
}

/** All results, in the order of the page. */
function named() {
  return items.flatMap((item) => (item.state === "read" ? item.view.named() : []));
}

/** Updates the page for the current state of the photos. */
function updatePage() {
  const count = (/** @type {string} */ state) => items.filter((item) => item.state === state).length;
  const results = named();
  part(root, "results").hidden = items.length === 0;
  root.classList.toggle("busy", items.length > 0);
  part(root, "all-json").hidden = part(root, "all-csv").hidden = results.length < 2;
  part(root, "all-tools").hidden = items.length === 0;
  const faces = results.reduce((sum, { reading }) => sum + reading.faces.length, 0);
  part(root, "status").textContent = items.length === 0 ? ""
    : statusWords({ waiting: count("waiting"), read: count("read"), failed: count("failed"), faces });
}

takePhotos(root, add);
part(root, "all-json").addEventListener("click", () => saveJson(named(), "photos"));
part(root, "all-csv").addEventListener("click", () => saveCsv(named(), "photos"));
part(root, "clear").addEventListener("click", () => {
  for (const item of [...items]) item.remove();
});
