/**
 * Blurs faces by drawing a few of their pixels large and smoothed. Also works
 * if the canvas has no blur filter (Safari).
 *
 * @import { Rect, Size } from "../common/types.js"
 */

// Boxes end at the chin and the brow, and faces move between two readings.
const MARGIN = 0.4;
// Per face: enough to see that there is one, but too few to recognize it.
const PIXELS = 7;
const PIXELS_OF_ALL = 24;

/**
 * The area of a picture to blur for a face.
 *
 * @param {Rect} box
 * @param {Size} size of the picture, in the same unit
 * @returns {Rect} inside the picture
 */
export function blurArea(box, size) {
  const [left, top] = [Math.max(0, box.x - MARGIN * box.width), Math.max(0, box.y - MARGIN * box.height)];
  const right = Math.min(size.width, box.x + (1 + MARGIN) * box.width);
  const bottom = Math.min(size.height, box.y + (1 + MARGIN) * box.height);
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/**
 * Maps an area of the displayed picture to the original picture.
 *
 * @param {Rect} area in the unit of `size`
 * @param {Size} size that the picture is shown at
 * @param {Size} source the picture's own
 * @param {boolean} mirrored
 * @returns {Rect}
 */
export function sourceArea(area, size, source, mirrored) {
  const [scaleX, scaleY] = [source.width / size.width, source.height / size.height];
  const x = mirrored ? size.width - area.x - area.width : area.x;
  return { x: x * scaleX, y: area.y * scaleY, width: area.width * scaleX, height: area.height * scaleY };
}

/**
 * @param {CanvasImageSource} picture
 * @param {Size} source its own size
 * @returns {(context: CanvasRenderingContext2D, areas: Rect[] | "all", options: {size: Size, mirrored?: boolean}) => void}
 */
export function createBlur(picture, source) {
  const tiny = document.createElement("canvas");
  const pixels = tiny.getContext("2d");
  return (context, areas, { size, mirrored = false }) => {
    const all = areas === "all";
    const every = all ? [{ x: 0, y: 0, ...size }] : areas;
    for (const area of every.filter(({ width, height }) => width > 0 && height > 0)) {
      const from = sourceArea(area, size, source, mirrored);
      tiny.width = all ? PIXELS_OF_ALL : PIXELS;
      tiny.height = Math.max(1, Math.round((tiny.width * area.height) / area.width));
      pixels?.drawImage(picture, from.x, from.y, from.width, from.height, 0, 0, tiny.width, tiny.height);
      drawSoft(context, tiny, area, { mirrored, round: !all });
    }
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {HTMLCanvasElement} tiny
 * @param {Rect} area
 * @param {{mirrored: boolean, round: boolean}} options
 */
function drawSoft(context, tiny, { x, y, width, height }, { mirrored, round }) {
  context.save();
  context.beginPath();
  context.roundRect(x, y, width, height, round ? Math.min(width, height) * 0.4 : 0);
  context.clip();
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.translate(mirrored ? x + width : x, y);
  context.scale(mirrored ? -1 : 1, 1);
  context.drawImage(tiny, 0, 0, width, height);
  context.restore();
}
