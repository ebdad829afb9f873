/**
 * Exports readings as CSV, JSON, and annotated pictures.
 *
 * @import { Face, NamedReading, Reading } from "./types.js"
 *
 * @typedef {import("./overlay.js").DrawOptions["paintUnder"]} PaintUnder
 */

import { t } from "./i18n.js";
import { drawFaces } from "./overlay.js";

// The same columns as `facetraits analyze --csv`.
export const CSV_COLUMNS = [
  "file", "face", "x", "y", "width", "height", "score",
  "age", "age_low", "age_high", "age_range",
  "gender", "gender_probability", "emotion", "emotion_probability", "unsure",
];

// Phones don't support canvases with more than about this many pixels.
const SAFE_PIXELS = 16_000_000;
// The picture is drawn as if it were this wide or high, so that lines and text
// keep their weight at any resolution.
const DRAWING_SIDE = 900;

/**
 * One row per face (RFC 4180).
 *
 * @param {NamedReading[]} named
 */
export function toCsv(named) {
  const rows = named.flatMap(({ file, reading }) => reading.faces.map((face, index) => faceCells(file, index + 1, face)));
  return [CSV_COLUMNS, ...rows].map((cells) => cells.map(csvCell).join(",") + "\r\n").join("");
}

/**
 * @param {string} file
 * @param {number} number
 * @param {Face} face
 * @returns {(string | number)[]}
 */
function faceCells(file, number, { box, score, age, gender, emotion, unsure }) {
  return [
    file, number, box.x, box.y, box.width, box.height, score,
    age.value, age.low, age.high, age.range,
    gender.value, gender.probability, emotion.dominant, emotion.probability,
    unsure.map(({ trait, reason }) => `${trait}:${reason}`).join(" "),
  ];
}

/**
 * @param {string | number} value
 */
export function csvCell(value) {
  if (typeof value === "number") return String(value);
  // Spreadsheets run text that starts like this as a formula, and file names can.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * @param {NamedReading[]} named
 */
export function toJson(named) {
  const readings = named.map(({ file, reading }) => ({ file, ...reading }));
  return JSON.stringify(readings.length === 1 ? readings[0] : { readings }, null, 2) + "\n";
}

/**
 * "Me & you.JPG", "csv" → "Me & you-faces.csv".
 *
 * @param {string} file
 * @param {string} extension
 */
export function exportName(file, extension) {
  return `${safeStem(file)}-faces.${extension}`;
}

/**
 * A name without its extension, and without what systems don't allow in names, or what shows
 * them in another order than they are.
 *
 * @param {string} file
 */
export function safeStem(file) {
  const stem = file.replace(/\.[^.]*$/, "").replace(/[\\/:*?"<>|\p{Cc}\p{Bidi_Control}]/gu, "_").trim();
  return stem || "photo";
}

/**
 * @param {number} width
 * @param {number} height
 * @param {number} maxPixels
 * @returns {number} the factor for both sides to stay within maxPixels, at most 1
 */
export function shrinkFactor(width, height, maxPixels) {
  return Math.min(1, Math.sqrt(maxPixels / (width * height)));
}

/**
 * The picture with its boxes, at full resolution if the browser supports it.
 *
 * @param {HTMLImageElement | ImageBitmap} photo
 * @param {Reading} reading
 * @param {PaintUnder} [paintUnder]
 * @returns {Promise<Blob>}
 */
export async function toPng(photo, reading, paintUnder) {
  const [width, height] = photo instanceof ImageBitmap ? [photo.width, photo.height] : [photo.naturalWidth, photo.naturalHeight];
  const smaller = shrinkFactor(width, height, SAFE_PIXELS);
  for (const factor of new Set([1, smaller])) {
    const blob = await drawPng(photo, reading, { width: Math.round(width * factor), height: Math.round(height * factor) }, paintUnder);
    if (blob) return blob;
  }
  throw new Error(t("exports.tooLargeToDraw"));
}

/**
 * @param {HTMLImageElement | ImageBitmap} photo
 * @param {Reading} reading
 * @param {{width: number, height: number}} pixels
 * @param {PaintUnder} [paintUnder]
 * @returns {Promise<Blob | null>}
 */
function drawPng(photo, reading, { width, height }, paintUnder) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return Promise.resolve(null);
  context.drawImage(photo, 0, 0, width, height);
  const scale = Math.max(width, height) / DRAWING_SIDE;
  context.scale(scale, scale);
  drawFaces(context, reading, { size: { width: width / scale, height: height / scale }, paintUnder });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Safari reads the address only after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * @param {NamedReading[]} named
 * @param {string} name
 */
export function saveCsv(named, name) {
  save(new Blob([toCsv(named)], { type: "text/csv" }), exportName(name, "csv"));
}

/**
 * @param {NamedReading[]} named
 * @param {string} name
 */
export function saveJson(named, name) {
  save(new Blob([toJson(named)], { type: "application/json" }), exportName(name, "json"));
}
