/**
 * The readings of this tab, which survive a visit to another page: in the tab's own storage, which
 * the browser empties when the tab is closed. Of each photo, a small copy is kept.
 *
 * @import { Reading } from "../common/types.js"
 *
 * @typedef {object} Recent
 * @property {string} id
 * @property {string} name of the photo
 * @property {Reading} reading
 * @property {string} picture a data address; "" where the browser can't show the photo
 */

import { shrinkFactor } from "../common/exports.js";

const PREFIX = "facetraits-recent-";
const COPY_PIXELS = 500_000;
const COPY_QUALITY = 0.8;

export class RecentReadings {
  /** @param {() => Storage} open throws where the browser blocks site data; then nothing is kept */
  constructor(open) {
    this.storage = openOrNull(open);
  }

  /** @returns {Recent[]} the newest first */
  all() {
    return this.keys().reverse().flatMap((key) => {
      try {
        return [JSON.parse(this.storage?.getItem(key) ?? "")];
      } catch {
        return [];
      }
    });
  }

  /** Keys in the order in which they were added. */
  keys() {
    const { storage } = this;
    if (!storage) return [];
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? "");
    return keys.filter((key) => key.startsWith(PREFIX)).sort();
  }

  /**
   * If there is no room, the oldest ones make room.
   *
   * @param {Recent} recent
   */
  put(recent) {
    const key = PREFIX + recent.id;
    const text = JSON.stringify(recent);
    for (;;) {
      try {
        this.storage?.setItem(key, text);
        return;
      } catch {
        const oldest = this.keys().find((other) => other !== key);
        if (!oldest) return;
        this.storage?.removeItem(oldest);
      }
    }
  }

  /** @param {string} id */
  remove(id) {
    this.storage?.removeItem(PREFIX + id);
  }
}

/** @param {() => Storage} open */
function openOrNull(open) {
  try {
    return open();
  } catch {
    return null;
  }
}

/**
 * An ID that sorts by the time it was made.
 *
 * @param {number} nowMs
 * @param {number} number of IDs before it
 */
export function recentId(nowMs, number) {
  return `${String(nowMs).padStart(14, "0")}-${String(number).padStart(4, "0")}`;
}

/**
 * A small copy of a photo.
 *
 * @param {HTMLImageElement} photo loaded
 * @returns {string} a data address of a JPEG, "" where it can't be drawn
 */
export function smallCopy(photo) {
  const factor = shrinkFactor(photo.naturalWidth, photo.naturalHeight, COPY_PIXELS);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(photo.naturalWidth * factor));
  canvas.height = Math.max(1, Math.round(photo.naturalHeight * factor));
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) return "";
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(photo, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", COPY_QUALITY);
}
