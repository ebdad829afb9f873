/** The upload page: accepts photos, analyzes them two at a time, and keeps their results. */

import { offerLogin } from "../common/api-key.js";
import { sendPhoto } from "../common/api.js";
import { calmly, part, showText } from "../common/dom.js";
import { saveCsv, saveJson } from "../common/exports.js";
import { droppedWords } from "./folders.js";
import { HideFaces } from "./hide-faces.js";
import { takePhotos } from "./intake.js";
import { checkFile } from "./photos.js";
import { createQueue } from "./queue.js";
import { RecentItem } from "./recent-item.js";
import { RecentReadings, recentId, smallCopy } from "./recent.js";
import { offerSamples } from "./samples.js";
import { ShareControl } from "../common/share.js";
import { KeptLinks } from "../common/kept-links.js";
import { UploadItem } from "./upload-item.js";
import { createVideoIntake } from "./videos.js";
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
offerLogin(document);
const queue = createQueue(IN_FLIGHT);
const keptLinks = new KeptLinks(part(root, "kept-links-place"), () => part(root, "choose").focus());
const videos = createVideoIntake(root, { onChange: updatePage, mayLeave: () => items.length === 0 && keptLinks.isEmpty });
const recents = new RecentReadings(() => sessionStorage);
/** @type {(UploadItem | RecentItem)[]} newest batch first, as on the page */
let items = [];
let kept = 0;

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
 * @param {File} file
 * @param {import("../common/types.js").Reading} reading
 */
function createHideFaces(file, { faces }) {
  return new HideFaces(file, faces, { url: root.dataset.anonymizeUrl ?? "", limits });
}

/**
 * When a photo is removed, its link stays, so that it can still be shown and deleted.
 *
 * @param {UploadItem | RecentItem} item
 */
async function keepLink({ share, view }) {
  if (!share) return;
  if (await share.settle()) keptLinks.add(share, view.name);
  else share.dispose();
}

/** @param {File[]} files */
function add(files) {
  const photos = videos.take(files);
  if (photos.length > 0) addPhotos(photos);
}

/** @param {File[]} files */
function addPhotos(files) {
  const options = { read, limits, createShare, createHideFaces, onChange: updatePage, onRead: remember, onRemove: forget };
  const batch = files.map((file) => new UploadItem(file, options));
  items = [...batch, ...items];
  part(root, "photos").prepend(...batch.map((item) => item.view.root));
  for (const item of batch) void item.start();
  part(root, "results").scrollIntoView({ block: "start", behavior: calmly() });
}

/** @param {import("./folders.js").Taken} taken */
function take({ files, ...left }) {
  add(files);
  showText(part(root, "dropped-note"), droppedWords({ count: files.length, ...left }));
}

/**
 * Keeps a reading in this tab, to be here again after a visit to another page.
 *
 * @param {UploadItem} item
 */
function remember(item) {
  const { view } = item;
  if (!view.reading) return;
  kept += 1;
  item.recentId = recentId(Date.now(), kept);
  recents.put({ id: item.recentId, name: view.name, reading: view.reading, picture: view.hasPhoto ? smallCopy(view.photo) : "" });
}

/** Shows what was analyzed in this tab before. */
function recall() {
  const earlier = recents.all().map((recent) => new RecentItem(recent, { maxFaces: limits.maxFaces, onRemove: forget }));
  items = [...items, ...earlier];
  part(root, "photos").append(...earlier.map((item) => item.view.root));
  for (const item of earlier) void item.start().then(updatePage);
}

/** @param {UploadItem | RecentItem} item */
function forget(item) {
  if (item.recentId) recents.remove(item.recentId);
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
  root.classList.toggle("busy", items.length > 0 || videos.any);
  part(root, "all-json").hidden = part(root, "all-csv").hidden = results.length < 2;
  part(root, "all-tools").hidden = items.length === 0;
  const faces = results.reduce((sum, { reading }) => sum + reading.faces.length, 0);
  part(root, "status").textContent = items.length === 0 ? ""
    : statusWords({ waiting: count("waiting"), read: count("read"), failed: count("failed"), faces });
}

takePhotos(root, take);
offerSamples(part(root, "samples"), part(root, "sample-problem"), (file) => add([file]));
recall();
part(root, "all-json").addEventListener("click", () => saveJson(named(), "photos"));
part(root, "all-csv").addEventListener("click", () => saveCsv(named(), "photos"));
part(root, "clear").addEventListener("click", () => {
  for (const item of [...items]) item.remove();
});
// Only while leaving would lose something: browsers ask in words of their own.
addEventListener("beforeunload", (event) => {
  if (videos.sending || items.some((item) => item.sending)) event.preventDefault();
});
