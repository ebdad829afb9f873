/**
 * A snapshot: the last analyzed frame and its reading. They belong together; the
 * camera's current picture would be a different one.
 *
 * @import { BoxRatio, LiveReading, Rect, Size } from "../common/types.js"
 *
 * @typedef {object} Moment
 * @property {Blob} jpeg
 * @property {LiveReading} reading
 * @property {BoxRatio[]} held recent boxes of faces that are missing from this reading
 * @property {Date} when
 */

import { blurArea, createBlur } from "./blur.js";
import { save, toPng } from "../common/exports.js";
import { mapBox } from "../common/overlay.js";

/**
 * The annotated picture, not mirrored.
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
 * A face that is missing from one reading is still in the picture, so it is blurred as on screen.
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
 * "facetraits-2026-01-31-18-05-09.png", in local time.
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
