import assert from "node:assert/strict";
import { test } from "node:test";

import { BoxAnimation, HOLD_MS } from "../../../static/js/live/box-animation.js";
import { makeFace } from "../readings.js";

const size = { width: 640, height: 480 };

/**
 * @param {number} left
 * @param {number} [track]
 */
const at = (left, track = 1) => makeFace({ track_id: track, box_ratio: { left, top: 0.2, width: 0.2, height: 0.4 }, landmarks: [[(left + 0.1) * 640, 0.4 * 480]] });

/**
 * @param {BoxAnimation} animation
 * @param {number} fromMs
 * @param {number} toMs
 */
function run(animation, fromMs, toMs) {
  /** @type {number[]} */
  const lefts = [];
  for (let ms = fromMs; ms <= toMs; ms += 16) lefts.push(...animation.step(ms, { size }).map((face) => face.box_ratio.left));
  return lefts;
}

test("a new face appears where it is", () => {
  const animation = new BoxAnimation();
  animation.aim([at(0.3)], 0);
  assert.deepEqual(animation.step(0, { size })[0].box_ratio, at(0.3).box_ratio);
  assert.equal(animation.moving, false);
});

test("boxes of faces that the last reading misses are still known", () => {
  const animation = new BoxAnimation();
  animation.aim([at(0.3, 1), at(0.6, 2)], 0);
  animation.aim([at(0.6, 2)], 100);
  assert.deepEqual(animation.held([at(0.6, 2)]), [at(0.3).box_ratio]);
  animation.step(HOLD_MS + 1, { size });
  assert.deepEqual(animation.held([at(0.6, 2)]), []);
});

test("a box glides from reading to reading without a leap", () => {
  const animation = new BoxAnimation();
  animation.aim([at(0.1)], 0);
  run(animation, 0, 96);
  animation.aim([at(0.2)], 100);
  assert.equal(animation.moving, true);
  const lefts = run(animation, 104, 250);
  lefts.slice(1).forEach((left, index) => assert.ok(Math.abs(left - lefts[index]) < 0.05, `leaps to ${left}`));
  assert.ok(Math.abs(lefts[0] - 0.1) < 0.06);
  assert.ok(lefts[lefts.length - 1] >= 0.2);
});

test("the box of a face in steady motion is on the face, though answers are old", () => {
  const animation = new BoxAnimation();
  // 0.3 of the picture a second; each answer tells of 80 ms ago.
  const place = (/** @type {number} */ ms) => 0.1 + 0.0003 * ms;
  for (let ms = 0; ms <= 1500; ms += 16) {
    if (ms % 96 === 0) animation.aim([at(place(ms - 80))], ms, ms - 80);
    const [face] = animation.step(ms, { size });
    if (ms > 600) assert.ok(Math.abs(face.box_ratio.left - place(ms)) < 0.015, `${face.box_ratio.left} is not ${place(ms)}`);
  }
});

test("a face at rest comes to rest, and trembling is no motion", () => {
  const animation = new BoxAnimation();
  for (let n = 0; n < 20; n += 1) {
    animation.aim([at(0.3 + (n % 2) * 0.003)], n * 50, n * 50 - 60);
    const lefts = run(animation, n * 50, n * 50 + 40);
    for (const left of lefts) assert.ok(left >= 0.3 && left <= 0.303);
  }
  run(animation, 1000, 1200);
  assert.equal(animation.moving, false);
});

test("where motion is not wanted, boxes jump", () => {
  const animation = new BoxAnimation();
  animation.aim([at(0.1)], 0);
  animation.step(0, { size });
  animation.aim([at(0.5)], 100, 20);
  assert.equal(animation.step(101, { jump: true, size })[0].box_ratio.left, 0.5);
});

test("a face that is missed once keeps its box, one that is gone does not", () => {
  const animation = new BoxAnimation();
  animation.aim([at(0.1, 1), at(0.6, 2)], 0);
  animation.aim([at(0.6, 2)], HOLD_MS - 10);
  assert.equal(animation.step(HOLD_MS - 5, { size }).length, 2);
  assert.deepEqual(animation.step(HOLD_MS + 5, { size }).map((face) => face.track_id), [2]);
  animation.clear();
  assert.deepEqual(animation.step(HOLD_MS + 6, { size }), []);
});

test("landmarks ride along with their box", () => {
  const animation = new BoxAnimation();
  animation.aim([at(0.1)], 0);
  animation.step(0, { size });
  animation.aim([at(0.3)], 100);
  const [{ box_ratio: box, landmarks: [[x, y]] }] = animation.step(110, { size });
  assert.ok(Math.abs(x / 640 - (box.left + 0.1)) < 1e-9);
  assert.ok(Math.abs(y - 0.4 * 480) < 1e-9);
});
