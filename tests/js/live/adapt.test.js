import assert from "node:assert/strict";
import { test } from "node:test";

import { Adapter, QUICK_MS, SLOW_MS, makeLadder } from "../../../static/js/live/adapt.js";

const SETTINGS = { max_fps: 30, max_width: 640, jpeg_quality: 0.8, max_bytes: 500_000 };

/**
 * @param {Adapter} adapter
 * @param {number} count
 * @param {number} tripMs
 * @param {number} fromMs
 */
function answer(adapter, count, tripMs, fromMs = 0) {
  for (let sentMs = fromMs, left = count; left > 0; left -= 1, sentMs += 100) adapter.answered(sentMs, sentMs + tripMs);
}

test("the ladder climbs to what the server allows, and never beyond", () => {
  const ladder = makeLadder(SETTINGS);
  assert.deepEqual(ladder.at(-1), { side: 640, quality: 0.8, fps: 30 });
  ladder.slice(1).forEach((rung, index) => {
    for (const what of /** @type {const} */ (["side", "quality", "fps"])) assert.ok(rung[what] >= ladder[index][what], `${what} falls at rung ${index + 1}`);
  });
  for (const rung of makeLadder({ ...SETTINGS, max_width: 100, max_fps: 1 })) assert.ok(rung.side <= 100 && rung.fps <= 1 && rung.fps > 0);
});

test("quick answers lead to the top rung", () => {
  const adapter = new Adapter(SETTINGS);
  const first = adapter.rung;
  assert.notDeepEqual(first, adapter.ladder.at(-1));
  answer(adapter, 100, QUICK_MS / 2);
  assert.deepEqual(adapter.rung, adapter.ladder.at(-1));
});

test("slow answers halve, and those that were on their way then do not halve again", () => {
  const adapter = new Adapter(SETTINGS);
  answer(adapter, 100, QUICK_MS / 2);
  const top = adapter.height;
  adapter.answered(20_000, 20_000 + 20 * SLOW_MS);
  const fallen = adapter.height;
  assert.equal(fallen, top / 2);
  adapter.answered(21_000, 21_000 + 20 * SLOW_MS);
  assert.equal(adapter.height, fallen);
  adapter.answered(40_000, 40_000 + 2 * SLOW_MS);
  assert.equal(adapter.height, fallen / 2);
});

test("one late answer among quick ones costs nothing", () => {
  const adapter = new Adapter(SETTINGS);
  answer(adapter, 100, 50);
  const before = adapter.height;
  adapter.answered(11_000, 11_000 + SLOW_MS * 1.5);
  assert.equal(adapter.height, before);
});

test("in between it stays where it is", () => {
  const adapter = new Adapter(SETTINGS);
  const before = adapter.height;
  answer(adapter, 50, (QUICK_MS + SLOW_MS) / 2);
  assert.equal(adapter.height, before);
});

test("a line that carries less settles where it can be borne, and recovers", () => {
  const adapter = new Adapter(SETTINGS);
  /** @param {{side: number, quality: number}} rung */
  const tripOf = ({ side, quality }) => (side * side * quality) / 300;
  for (let sentMs = 0; sentMs < 60_000; sentMs += 200) adapter.answered(sentMs, sentMs + tripOf(adapter.rung));
  assert.ok(tripOf(adapter.rung) < SLOW_MS);
  answer(adapter, 200, 40, 100_000);
  assert.deepEqual(adapter.rung, adapter.ladder.at(-1));
});

test("it never falls off the ladder, and obeys new settings at once", () => {
  const adapter = new Adapter(SETTINGS);
  for (let i = 0; i < 50; i += 1) adapter.fall(i);
  assert.equal(adapter.rung, adapter.ladder[0]);
  adapter.obey({ ...SETTINGS, max_width: 320, max_bytes: 1000 });
  assert.ok(adapter.rung.side <= 320);
  assert.equal(adapter.maxBytes, 1000);
});
