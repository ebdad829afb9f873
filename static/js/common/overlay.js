/**
 * Maps a reading onto a picture of any size and draws it on a canvas. Independent
 * of the page: the upload page, the live page, and the PNG export share it.
 *
 * @import { BoxRatio, Reading, Rect, Size } from "./types.js"
 * @import { Label } from "./labels.js"
 *
 * @typedef {{boxes: Rect[], labels: Label[]}} Layout
 *
 * @typedef {object} DrawOptions
 * @property {Size} size in CSS pixels
 * @property {number} [active] the index of the face to bring out, -1 for none
 * @property {number} [pixelRatio] canvas pixels for each CSS pixel
 * @property {boolean} [mirrored] for a picture that is shown as in a mirror; labels are not
 * @property {Map<number, number>} [spots] where each face's label was; kept up to date
 * @property {(context: CanvasRenderingContext2D, boxes: Rect[], size: Size) => void} [paintUnder] draws what lies under the boxes
 */

import { placeLabels } from "./labels.js";
import { faceNumber, labelTexts } from "./words.js";

// Light colors that stand out on skin, sky, and shadow, each used with dark text.
export const FACE_COLORS = ["#ffd60a", "#5ee6c5", "#8fc7ff", "#ff9fb8", "#c9b1ff", "#ffb070", "#b9ee74", "#f4f4f6"];
const INK = "#101216";
const HALO = "rgb(16 18 22 / 55%)";
const VEIL = "rgb(16 18 22 / 58%)";
const FONT_FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** @param {number} number of the face, from 1 */
export function faceColor(number) {
  return FACE_COLORS[(number - 1) % FACE_COLORS.length];
}

/**
 * @param {BoxRatio} ratio
 * @param {Size} size
 * @param {boolean} [mirrored]
 * @returns {Rect}
 */
export function mapBox(ratio, size, mirrored = false) {
  return {
    x: (mirrored ? 1 - ratio.left - ratio.width : ratio.left) * size.width,
    y: ratio.top * size.height,
    width: ratio.width * size.width,
    height: ratio.height * size.height,
  };
}

/**
 * The smallest face under a point, so that a face in front of a large one can be selected.
 *
 * @param {Rect[]} boxes
 * @param {number} x
 * @param {number} y
 * @returns {number} its index, -1 for none
 */
export function faceAt(boxes, x, y) {
  let found = -1;
  boxes.forEach((box, index) => {
    if (x < box.x || y < box.y || x > box.x + box.width || y > box.y + box.height) return;
    if (found < 0 || box.width * box.height < boxes[found].width * boxes[found].height) found = index;
  });
  return found;
}

/**
 * A text size that fits the picture.
 *
 * @param {Size} size
 */
function fontSize(size) {
  return Math.round(Math.max(11, Math.min(Math.max(size.width, size.height) / 48, 14)));
}

/**
 * @param {Reading} reading
 * @param {Size} size
 * @param {(text: string) => number} textWidth
 * @param {{mirrored?: boolean, spots?: Map<number, number>}} [options]
 * @returns {Layout}
 */
export function layOut(reading, size, textWidth, { mirrored = false, spots = new Map() } = {}) {
  const font = fontSize(size);
  const boxes = reading.faces.map((face) => mapBox(face.box_ratio, size, mirrored));
  const texts = reading.faces.map((face) => labelTexts(face, reading.nets));
  const widthOf = (/** @type {string} */ text) => numberWidth(font) + (text ? Math.ceil(textWidth(text)) + font : 0);
  const style = { widthOf, height: Math.round(font * 1.7), gap: 4 };
  const numbers = reading.faces.map(faceNumber);
  const labels = placeLabels(boxes, texts, size, style, numbers.map((number) => spots.get(number)));
  labels.forEach((label, index) => spots.set(numbers[index], label.spot));
  return { boxes, labels };
}

/** @param {number} font */
function numberWidth(font) {
  return Math.round(font * 1.7);
}

/**
 * Draws the boxes and labels of a reading, sharp on any screen.
 *
 * @param {HTMLCanvasElement} canvas resized to size × pixelRatio
 * @param {Reading} reading
 * @param {DrawOptions} options
 * @returns {Layout} what was drawn where, in CSS pixels
 */
export function drawReading(canvas, reading, { size, pixelRatio = 1, ...options }) {
  const [width, height] = [Math.round(size.width * pixelRatio), Math.round(size.height * pixelRatio)];
  // Setting the size, even to the same value, reallocates the canvas, so avoid it in each frame.
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return { boxes: [], labels: [] };
  context.setTransform(width / size.width, 0, 0, height / size.height, 0, 0);
  context.clearRect(0, 0, size.width, size.height);
  return drawFaces(context, reading, { size, ...options });
}

/**
 * @param {CanvasRenderingContext2D} context whose unit is one CSS pixel
 * @param {Reading} reading
 * @param {DrawOptions} options
 * @returns {Layout}
 */
export function drawFaces(context, reading, { size, active = -1, mirrored = false, spots, paintUnder }) {
  const font = fontSize(size);
  context.font = `600 ${font}px ${FONT_FAMILY}`;
  const layout = layOut(reading, size, (text) => context.measureText(text).width, { mirrored, spots });
  const numbers = reading.faces.map(faceNumber);
  paintUnder?.(context, layout.boxes, size);
  if (active >= 0) drawVeil(context, layout.boxes[active], size);
  layout.boxes.forEach((box, index) => {
    context.globalAlpha = active < 0 || index === active ? 1 : 0.4;
    drawBox(context, box, faceColor(numbers[index]), index === active);
  });
  if (active >= 0) drawLandmarks(context, reading, active, { size, mirrored });
  layout.labels.forEach((label, index) => {
    context.globalAlpha = active < 0 || index === active ? 1 : 0.4;
    drawLabel(context, label, numbers[index], font);
  });
  context.globalAlpha = 1;
  return layout;
}

/**
 * Darkens all but one face.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Rect} box
 * @param {Size} size
 */
function drawVeil(context, box, size) {
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.roundRect(box.x, box.y, box.width, box.height, cornerRadius(box));
  context.fillStyle = VEIL;
  context.fill("evenodd");
}

/** @param {Rect} box */
function cornerRadius(box) {
  return Math.min(10, Math.min(box.width, box.height) * 0.12);
}

/**
 * A thin rounded frame that marks the face and hides little of it.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Rect} box
 * @param {string} color
 * @param {boolean} strong
 */
function drawBox(context, box, color, strong) {
  const small = Math.min(box.width, box.height) < 48;
  const width = (small ? 1.5 : 2) + (strong ? 1 : 0);
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, cornerRadius(box));
  context.lineWidth = width + 2;
  context.strokeStyle = HALO;
  context.stroke();
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Reading} reading
 * @param {number} index
 * @param {{size: Size, mirrored: boolean}} options
 */
function drawLandmarks(context, reading, index, { size, mirrored }) {
  const [scaleX, scaleY] = [size.width / reading.width, size.height / reading.height];
  const radius = Math.max(1.5, Math.min(4, reading.faces[index].box_ratio.width * size.width * 0.02));
  context.fillStyle = faceColor(faceNumber(reading.faces[index], index));
  context.strokeStyle = HALO;
  context.lineWidth = 2;
  for (const [x, y] of reading.faces[index].landmarks ?? []) {
    context.beginPath();
    context.arc((mirrored ? reading.width - x : x) * scaleX, y * scaleY, radius, 0, 2 * Math.PI);
    context.stroke();
    context.fill();
  }
}

/**
 * The face's number, as on its card, then the text.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Label} label
 * @param {number} number
 * @param {number} font
 */
function drawLabel(context, { x, y, width, height, text }, number, font) {
  const badge = numberWidth(font);
  const middle = y + height / 2 + 0.5;
  context.beginPath();
  context.roundRect(x, y, width, height, 5);
  context.fillStyle = INK;
  context.fill();
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillStyle = faceColor(number);
  context.beginPath();
  context.roundRect(x, y, badge, height, text ? [5, 0, 0, 5] : 5);
  context.fill();
  context.fillStyle = INK;
  context.fillText(`${number}`, x + badge / 2, middle);
  if (!text) return;
  context.textAlign = "left";
  context.fillStyle = "#ffffff";
  context.fillText(text, x + badge + font / 2, middle);
}

/**
 * Records what was drawn, for tests and scripts to read from the page.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Layout} layout
 */
export function noteLayout(canvas, { boxes, labels }) {
  canvas.dataset.boxes = JSON.stringify(boxes.map(rounded));
  canvas.dataset.labels = JSON.stringify(labels.map((label) => ({ ...rounded(label), text: label.text })));
}

/** @param {Rect} rect */
function rounded({ x, y, width, height }) {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}
