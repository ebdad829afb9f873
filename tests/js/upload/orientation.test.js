import assert from "node:assert/strict";
import { test } from "node:test";

import { upright, webpOrientation } from "../../../static/js/upload/orientation.js";

/** @param {string} text */
const bytes = (text) => [...text].map((letter) => letter.charCodeAt(0));

/** @param {number} value @param {boolean} little */
const long = (value, little) => {
  const parts = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  return little ? parts.reverse() : parts;
};

/** @param {number} value @param {boolean} little */
const short = (value, little) => (little ? [value & 255, value >> 8] : [value >> 8, value & 255]);

/** An EXIF block with one tag. */
function exif({ little = true, tag = 0x0112, kind = 3, value = 6, start = 8 } = {}) {
  const head = [...bytes(little ? "II" : "MM"), ...short(42, little), ...long(start, little)];
  const entry = [...short(tag, little), ...short(kind, little), ...long(1, little), ...short(value, little), 0, 0];
  return [...head, ...short(1, little), ...entry];
}

/** @param {number[]} block */
function webp(block, name = "EXIF") {
  const odd = [...bytes("ICCP"), ...long(3, true), 1, 2, 3, 0];
  const chunk = [...bytes(name), ...long(block.length, true), ...block];
  const body = [...bytes("WEBP"), ...odd, ...chunk];
  return Uint8Array.from([...bytes("RIFF"), ...long(body.length, true), ...body]);
}

test("a WebP's orientation is read in both byte orders, with and without JPEG's introduction", () => {
  assert.equal(webpOrientation(webp(exif())), 6);
  assert.equal(webpOrientation(webp(exif({ little: false, value: 8 }))), 8);
  assert.equal(webpOrientation(webp([...bytes("Exif"), 0, 0, ...exif({ value: 3 })])), 3);
});

test("what says nothing, or nothing that makes sense, is upright", () => {
  const odd = [exif({ value: 0 }), exif({ value: 9 }), exif({ tag: 0x0110 }), exif({ kind: 4 }), exif({ start: 4e9 }), [], bytes("II*")];
  for (const block of odd) assert.equal(webpOrientation(webp(block)), 1);
  assert.equal(webpOrientation(webp(exif(), "XMP ")), 1);
  assert.equal(webpOrientation(webp(exif()).subarray(0, 40)), 1);
  assert.equal(webpOrientation(Uint8Array.from(bytes("GIF89a"))), 1);
});

test("a picture on its side becomes as high as it was wide", () => {
  assert.deepEqual(upright(6, 40, 30), { width: 30, height: 40, transform: [0, 1, -1, 0, 30, 0] });
  assert.deepEqual(upright(3, 40, 30), { width: 40, height: 30, transform: [-1, 0, 0, -1, 40, 30] });
});
