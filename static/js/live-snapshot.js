/**
 * A snapshot: the frame that was read last and what was read in it. Both belong
 * together; what the camera shows now would be another picture.
 *
 * @import { LiveReading, Rect, Size } from "./types.js"
 *
 * @typedef {{jpeg: Blob, reading: LiveReading}} Moment
 */

import { blurArea, createBlur } from "./blur.js";
import { save, toPng } from "./exports.js";

/**
 * The annotated picture, as others would see it: not mirrored.
 *
 * @param {Moment} moment
 * @param {{blurred: boolean}} options
 * @returns {Promise<Blob>} a PNG
 */
export async function drawMoment({ jpeg, reading }, { blurred }) {
  const picture = await createImageBitmap(jpeg);
  try {
    return await toPng(picture, reading, blurred ? underBlur(picture) : undefined);
  } finally {
    picture.close();
  }
}

/** @param {ImageBitmap} picture */
function underBlur(picture) {
  const blur = createBlur(picture, picture);
  return (/** @type {CanvasRenderingContext2D} */ context, /** @type {Rect[]} */ boxes, /** @type {Size} */ size) =>
    blur(context, boxes.map((box) => blurArea(box, size)), { size });
}

/**
 * "facetraits-2026-01-31-18-05-09.png", of local time.
 *
 * @param {string} extension
 * @param {Date} [when]
 */
export function momentName(extension, when = new Date()) {
  const parts = [when.getFullYear(), when.getMonth() + 1, when.getDate(), when.getHours(), when.getMinutes(), when.getSeconds()];
  return `facetraits-${parts.map((each) => String(each).padStart(2, "0")).join("-")}.${extension}`;
}

/**
 * @param {Moment} moment
 * @param {{blurred: boolean}} options
 */
export async function saveMoment(moment, options) {
  save(await drawMoment(moment, options), momentName("png"));
}
