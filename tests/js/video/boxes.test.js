import assert from "node:assert/strict";
import test from "node:test";

import { Boxes } from "../../../static/js/video/boxes.js";

const face = (/** @type {number} */ left) => [1, left, 0.2, 0.1, 0.1, 30, 25, 36, "28-45", "female", 0.9, "happiness", 0.8];
const line = (/** @type {number} */ timeS, /** @type {any[]} */ ...faces) => `${JSON.stringify([timeS, faces])}\n`;

/** A file of two parts, and the ranges that were asked for. */
function file() {
  const parts = [line(0, face(0.1)) + line(0.04, face(0.2)) + line(0.08), line(10, face(0.5)) + line(10.04, face(0.6), face(0.7))];
  const text = parts.join("");
  /** @type {string[]} */
  const asked = [];
  const fetchPart = async (/** @type {string} */ _url, /** @type {string} */ range) => {
    asked.push(range);
    const [start, end] = range.slice("bytes=".length).split("-");
    return text.slice(Number(start), end === "" ? undefined : Number(end) + 1);
  };
  /** @type {[number, number][]} */
  const index = [[0, 0], [10, parts[0].length]];
  return { asked, boxes: new Boxes({ url: "boxes", index, holdS: 0.1, fetchPart }), middle: parts[0].length };
}

const lefts = (/** @type {any[] | null} */ faces) => faces?.map(({ box_ratio: box }) => box.left);

test("boxes are those of the frame that is shown", async () => {
  const { boxes } = file();
  assert.equal(boxes.at(0), null);
  await boxes.load(0);
  assert.deepEqual(lefts(boxes.at(0)), [0.1]);
  assert.deepEqual(lefts(boxes.at(0.0399)), [0.2], "a time that was rounded");
  assert.deepEqual(lefts(boxes.at(0.06)), [0.2]);
  assert.deepEqual(lefts(boxes.at(0.081)), []);
});

test("boxes of a frame are not held for long", async () => {
  const { boxes } = file();
  await boxes.load(10);
  assert.deepEqual(lefts(boxes.at(10.05)), [0.6, 0.7]);
  assert.deepEqual(lefts(boxes.at(10.5)), []);
});

test("only the part of a time and the next one are loaded, once", async () => {
  const { asked, boxes, middle } = file();
  await boxes.load(0);
  await boxes.load(0.04);
  await boxes.load(10.04);
  assert.deepEqual(asked, [`bytes=0-${middle - 1}`, `bytes=${middle}-`]);
});

test("a part that failed is asked for again", async () => {
  let fails = true;
  const fetchPart = async () => {
    if (fails) throw new Error("offline");
    return line(0, face(0.3));
  };
  const boxes = new Boxes({ url: "boxes", index: [[0, 0]], holdS: 0.1, fetchPart });
  await assert.rejects(boxes.load(0), /offline/);
  fails = false;
  await boxes.load(0);
  assert.deepEqual(lefts(boxes.at(0)), [0.3]);
});

test("a video without boxes has none", async () => {
  const boxes = new Boxes({ url: "boxes", index: [], holdS: 0.1, fetchPart: async () => "" });
  await boxes.load(5);
  assert.deepEqual(boxes.at(5), []);
});
