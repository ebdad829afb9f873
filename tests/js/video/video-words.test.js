import assert from "node:assert/strict";
import test from "node:test";

import { isVideo } from "../../../static/js/upload/video-upload.js";
import { clock, expressionLine, progressWords, seenLine, unsureLine } from "../../../static/js/video/video-words.js";

const FACE = {
  track_id: 1, first_s: 61.2, last_s: 75.9, seen_s: 14.2, frames: 300,
  age: { value: 31, low: 26, high: 38, coverage: 0.8 },
  gender: /** @type {const} */ ({ value: "female", probability: 0.97 }),
  emotion: { mean: {}, dominant_share: { neutral: 0.2, happiness: 0.75, surprise: 0.05 } },
  unsure: [{ trait: "emotion", reason: "blurred" }, { trait: "age", reason: "small" }, { trait: "age", reason: "blurred" }],
  thumbnail: null, series: [],
};

test("times are those of a player", () => {
  assert.equal(clock(0), "0:00");
  assert.equal(clock(75.9), "1:15");
  assert.equal(clock(3725), "1:02:05");
});

test("a face in words", () => {
  assert.equal(expressionLine(FACE), "happiness 75%, neutral 20%");
  assert.equal(seenLine(FACE), "1:01–1:15, seen for 14 s");
  assert.equal(unsureLine(FACE), "Unsure: expression, age");
  assert.equal(unsureLine({ ...FACE, unsure: [] }), "");
});

test("progress in words", () => {
  assert.equal(progressWords({ state: "queued", progress: 0, eta_s: null, detail: {} }), "Waiting in line");
  assert.equal(progressWords({ state: "running", progress: 0, eta_s: null, detail: {} }), "0%");
  const words = progressWords({ state: "running", progress: 0.417, eta_s: 200, detail: { frames: 1250, seconds: 50, faces: 1 } });
  assert.equal(words, "41% · 1,250 frames · 0:50 of video · 1 face so far · about 3 minutes left");
});

test("videos are told from photos by their type, or their ending if they have none", () => {
  const names = [["a.mp4", "video/mp4"], ["a.mkv", ""], ["a.jpg", "image/jpeg"], ["a.heic", ""], ["a.ts", "text/plain"]];
  assert.deepEqual(names.map(([name, type]) => isVideo({ name, type })), [true, true, false, false, false]);
});
