import assert from "node:assert/strict";
import { test } from "node:test";

import { overlaps, placeLabels } from "../../../static/js/common/labels.js";
import { faceAt, faceColor, layOut, mapBox } from "../../../static/js/common/overlay.js";
import { makeFace, makeReading } from "../readings.js";

const SIZE = { width: 320, height: 240 };
/** @param {string} text */
const widthOf = (text) => text.length * 6;

test("a box is mapped by ratios, whatever the size on the screen", () => {
  assert.deepEqual(mapBox({ left: 0.1, top: 0.25, width: 0.5, height: 0.5 }, SIZE), { x: 32, y: 60, width: 160, height: 120 });
});

test("in a mirror a face on the left is drawn on the right, at the same height", () => {
  const size = { width: 300, height: 100 };
  assert.deepEqual(mapBox({ left: 0.1, top: 0.25, width: 0.2, height: 0.5 }, size, true), { x: 210, y: 25, width: 60, height: 50 });
});

test("of faces behind each other the smallest is picked", () => {
  const boxes = [{ x: 0, y: 0, width: 100, height: 100 }, { x: 20, y: 20, width: 10, height: 10 }];
  assert.equal(faceAt(boxes, 25, 25), 1);
  assert.equal(faceAt(boxes, 90, 90), 0);
  assert.equal(faceAt(boxes, 190, 90), -1);
});

test("labels keep off other faces and each other where there is room", () => {
  const boxes = [{ x: 20, y: 60, width: 60, height: 60 }, { x: 90, y: 60, width: 60, height: 60 }, { x: 20, y: 140, width: 60, height: 60 }];
  const texts = boxes.map(() => ["28–45 · female", "28–45"]);
  const labels = placeLabels(boxes, texts, SIZE, { widthOf, height: 14, gap: 2 });
  labels.forEach((label, index) => {
    boxes.forEach((box, other) => other !== index && assert.equal(overlaps(label, box), false));
    labels.forEach((one, other) => other !== index && assert.equal(overlaps(label, one), false));
    assert.ok(label.x >= 0 && label.y >= 0 && label.x + label.width <= SIZE.width && label.y + label.height <= SIZE.height);
  });
});

test("a face that fills the picture has its label inside", () => {
  const [label] = placeLabels([{ x: 0, y: 0, width: 320, height: 240 }], [["28–45"]], SIZE, { widthOf, height: 14, gap: 2 });
  assert.ok(label.y >= 0 && label.y + label.height <= 240);
});

test("a layout has a box and a label for each face", () => {
  const { boxes, labels } = layOut(makeReading([makeFace(), makeFace()]), SIZE, widthOf);
  assert.equal(boxes.length, 2);
  assert.equal(labels.length, 2);
});

test("mirrored labels keep off other faces, too, and keep their spot while it is free", () => {
  const faces = [0.05, 0.3].map((left, index) => makeFace({ track_id: index + 4, box_ratio: { left, top: 0.4, width: 0.2, height: 0.3 } }));
  const spots = new Map([[4, 5]]);
  const { boxes, labels } = layOut(makeReading(faces), SIZE, widthOf, { mirrored: true, spots });
  assert.ok(boxes[0].x > boxes[1].x);
  labels.forEach((label, index) => assert.equal(overlaps(label, boxes[1 - index]), false));
  // 3 to 5 are below the box.
  assert.ok(labels[0].y > boxes[0].y);
  assert.deepEqual([...spots.keys()], [4, 5]);
});

test("there are colors for any number of faces", () => {
  assert.match(faceColor(100), /^#[0-9a-f]{6}$/);
});
