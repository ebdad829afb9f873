/**
 * A snapshot: the frame that was read last and what was read in it. Both belong
 * together; what the camera shows now would be another picture.
 *
 * @import { BoxRatio, LiveReading, Rect, Size } from "../common/types.js"
 *
 * @typedef {object} Moment
 * @property {Blob} jpeg
 * @property {LiveReading} reading
 * @property {BoxRatio[]} held where faces were a moment before that this reading misses
 * @property {Date} when
 */

import { blurArea, createBlur } from "./blur.js";
import { save, toPng } from "../common/exports.js";
import { mapBox } from "../common/overlay.js";

/**
 * The annotated picture, as others would see it: not mirrored.
 *
 * @param {Moment} moment
 * @param {{blurred: boolean}} options
 * @returns {Promise<Blob>} a PNG
 */
export async function drawMoment({ jpeg, reading, held }, { blurred }) {
  const picture = await createImageBitmap(jpeg);
  try {
    return await toPng(picture, reading, blurred ? underBlur(picture, held) : undefined);
  } finally {
    picture.close();
  }
}

/**
 * A face that one reading misses is still in the picture: it is hidden there as on the screen.
 *
 * @param {ImageBitmap} picture
 * @param {BoxRatio[]} held
 */
function underBlur(picture, held) {
  const blur = createBlur(picture, picture);
  return (/** @type {CanvasRenderingContext2D} */ context, /** @type {Rect[]} */ boxes, /** @type {Size} */ size) => {
    const every = [...boxes, ...held.map((ratio) => mapBox(ratio, size))];
    blur(context, every.map((box) => blurArea(box, size)), { size });
  };
}

/**
 * "facetraits-2026-01-31-18-05-09.png", of local time.
 *
 * @param {string} extension
 * @param {Date} when
 */
export function momentName(extension, when) {
  const parts = [when.getFullYear(), when.getMonth() + 1, when.getDate(), when.getHours(), when.getMinutes(), when.getSeconds()];
  return `facetraits-${parts.map((each) => String(each).padStart(2, "0")).join("-")}.${extension}`;
}

/**
 * @param {Moment} moment
 * @param {{blurred: boolean}} options
 */
export async function saveMoment(moment, options) {
  save(await drawMoment(moment, options), momentName("png", moment.when));
}
