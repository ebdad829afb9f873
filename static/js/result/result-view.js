/**
 * A kept result on its page and in an embed: shows the reading from the markup, and
 * handles its expiry.
 *
 * @import { Reading } from "../common/types.js"
 *
 * @typedef {object} SharedView
 * @property {Reading} reading
 * @property {ReadingView} view
 * @property {Promise<unknown>} drawn settles when everything is visible
 */

import { createChart } from "./chart.js";
import { cloneTemplate, part } from "../common/dom.js";
import { countDown } from "../common/expiry.js";
import { t } from "../common/i18n.js";
import { ReadingView } from "../common/reading-view.js";

/**
 * @param {HTMLElement} root with data-reading, data-picture-url, and optionally data-show
 * @returns {SharedView}
 */
export function showResult(root) {
  /** @type {Reading} */
  const reading = JSON.parse(root.dataset.reading ?? "");
  const show = (root.dataset.show ?? "picture,cards").split(",");
  const view = new ReadingView(t("resultView.name"));
  part(root, "reading-place").replaceChildren(view.root);
  view.root.dataset.show = show.join(" ");
  part(view.root, "frame-note").textContent = t(root.dataset.pictureUrl ? "resultView.photoLost" : "resultView.photoNotKept");
  view.showReading(reading);
  // Until the picture has loaded, don't say why it is missing.
  part(view.root, "frame-note").hidden = Boolean(root.dataset.pictureUrl);
  if (show.includes("chart")) part(view.root, "side").prepend(createCharts(reading));
  const drawn = root.dataset.pictureUrl ? showPicture(view, reading, root.dataset.pictureUrl) : Promise.resolve();
  return { reading, view, drawn };
}

/**
 * @param {ReadingView} view
 * @param {Reading} reading
 * @param {string} address
 */
async function showPicture(view, reading, address) {
  await view.showPhoto(address);
  view.showReading(reading);
}

/** @param {Reading} reading */
function createCharts(reading) {
  const list = document.createElement("ol");
  list.className = "charts";
  list.setAttribute("aria-label", t("resultView.charts"));
  list.append(...reading.faces.map((face, index) => createChart(face, index)));
  return list;
}

/**
 * Shows when the result expires, and calls back when it does.
 *
 * @param {HTMLElement} root with data-expires-at, and data-left-s where the server counts
 * @param {() => void} onEnd
 */
export function watchExpiry(root, onEnd) {
  const { expiresAt = "", leftS } = root.dataset;
  return countDown(part(root, "countdown"), { expiresAt, leftS: leftS ? Number(leftS) : undefined, onEnd });
}

/**
 * @param {HTMLElement} root
 * @param {{title: string, words: string}} what
 */
export function showGone(root, { title, words }) {
  const gone = cloneTemplate("gone-template");
  part(gone, "gone-title").textContent = title;
  part(gone, "gone-words").textContent = words;
  // Also removes the reading from the markup.
  for (const name of ["reading", "pictureUrl"]) delete root.dataset[name];
  root.replaceChildren(gone);
}
