import assert from "node:assert/strict";
import { test } from "node:test";

import { blurArea, sourceArea } from "../../../static/js/live/blur.js";
import { CameraProblem, codeOf, constraintsFor, listCameras, openCamera } from "../../../static/js/live/camera.js";
import { fitWithin } from "../../../static/js/live/capture.js";
import { isBlank } from "../../../static/js/live/lens.js";
import { momentName } from "../../../static/js/live/live-snapshot.js";
import { hudWords, inViewWords, liveProblemWords, stateWords, timelineWords } from "../../../static/js/live/live-words.js";
import { MedianMeter, RateMeter } from "../../../static/js/live/meter.js";
import { evidenceWords, faceNumber } from "../../../static/js/common/words.js";
import { makeFace } from "../readings.js";

const SCORES = { neutral: 0.1, happiness: 0.9 };

test("frames keep their shape, fit within the side, and are never enlarged", () => {
  assert.deepEqual(fitWithin({ width: 1280, height: 720 }, 640), { width: 640, height: 360 });
  assert.deepEqual(fitWithin({ width: 720, height: 1280 }, 640), { width: 360, height: 640 });
  assert.deepEqual(fitWithin({ width: 320, height: 240 }, 640), { width: 320, height: 240 });
});

test("a blur covers more than the box, within the picture", () => {
  const size = { width: 100, height: 100 };
  const area = blurArea({ x: 0, y: 40, width: 20, height: 20 }, size);
  assert.equal(area.x, 0);
  assert.ok(area.y < 40 && area.y + area.height > 60 && area.width > 20);
  assert.deepEqual(sourceArea({ x: 10, y: 0, width: 20, height: 10 }, size, { width: 200, height: 200 }, false), { x: 20, y: 0, width: 40, height: 20 });
  assert.deepEqual(sourceArea({ x: 10, y: 0, width: 20, height: 10 }, size, { width: 200, height: 200 }, true), { x: 140, y: 0, width: 40, height: 20 });
});

test("what browsers call a camera's trouble becomes one code, each with a way out", () => {
  const names = { NotAllowedError: "denied", NotFoundError: "none", OverconstrainedError: "none", NotReadableError: "busy", TypeError: "camera_failed" };
  for (const [name, code] of Object.entries(names)) assert.equal(codeOf({ name }), code);
  const codes = ["denied", "not_allowed_here", "none", "busy", "insecure", "unsupported", "camera_failed", "no_frames", "unplugged", "refused", "unreachable", "lost", "silent", "overloaded", "unreadable", "missing_part"];
  const titles = new Set(codes.map((code) => {
    const words = liveProblemWords(code);
    assert.ok(words.advice.length > 20);
    assert.ok((words.button && words.remedy) || words.offersUpload || words.offersOwnTab, `${code} has no way out`);
    return words.title;
  }));
  assert.equal(titles.size, codes.length);
  assert.match(liveProblemWords("refused", "2 cameras are connected").advice, /2 cameras/);
  assert.equal(liveProblemWords("unheard_of").title, liveProblemWords("camera_failed").title);
});

/** @param {(constraints: MediaStreamConstraints) => Promise<MediaStream>} getUserMedia */
const around = (getUserMedia, changes = {}) => ({ isSecureContext: true, mayUseCamera: true, hasOrigin: true, mediaDevices: /** @type {MediaDevices} */ (/** @type {unknown} */ ({ getUserMedia })), ...changes });
/** @param {string} name */
const failing = (name) => async () => { throw Object.assign(new Error(name), { name }); };

test("a camera is asked for only where there can be one", async () => {
  const code = (/** @type {string} */ wanted) => (/** @type {unknown} */ error) => error instanceof CameraProblem && error.code === wanted;
  await assert.rejects(openCamera({}, around(failing("never"), { isSecureContext: false, mediaDevices: undefined })), code("insecure"));
  await assert.rejects(openCamera({}, around(failing("never"), { mediaDevices: undefined })), code("unsupported"));
  await assert.rejects(openCamera({}, around(failing("never"), { mayUseCamera: false })), code("not_allowed_here"));
  await assert.rejects(openCamera({}, around(failing("NotReadableError"))), code("busy"));
  await assert.rejects(openCamera({}, around(failing("NotAllowedError"))), code("denied"));
  // In a sandbox without an origin, Firefox denies it, and no setting changes that.
  await assert.rejects(openCamera({}, around(failing("NotAllowedError"), { hasOrigin: false })), code("not_allowed_here"));
});

test("a chosen camera that is gone is replaced by any other, whatever the browser calls it", async () => {
  const stream = /** @type {MediaStream} */ (/** @type {unknown} */ ({}));
  for (const name of ["OverconstrainedError", "NotFoundError"]) {
    /** @type {any[]} */
    const asked = [];
    const opened = await openCamera({ deviceId: "old" }, around(async ({ video }) => {
      asked.push(video);
      if (asked.length === 1) throw Object.assign(new Error("Invalid constraint"), { name });
      return stream;
    }));
    assert.equal(opened, stream);
    assert.deepEqual(asked.map(({ deviceId }) => deviceId?.exact), ["old", undefined]);
    await assert.rejects(openCamera({ deviceId: "old" }, around(failing(name))), (/** @type {any} */ error) => error.code === "none");
  }
  // One that is in use is there: another is the person's choice.
  await assert.rejects(openCamera({ deviceId: "old" }, around(failing("NotReadableError"))), (/** @type {any} */ error) => error.code === "busy");
  assert.equal(constraintsFor({ deviceId: "a" }).audio, false);
});

/** @param {(index: number) => number} light */
const picture = (light) => Array.from({ length: 4 * 768 }, (_, at) => (at % 4 === 3 ? 255 : light(at >> 2)));

test("a covered lens is dark and even, an empty room is not", () => {
  assert.ok(isBlank(picture(() => 0)));
  assert.ok(isBlank(picture((index) => 12 + (index % 5))));
  assert.ok(isBlank(picture(() => 127)));
  assert.ok(!isBlank(picture((index) => (index % 32 < 16 ? 8 : 30))));
  assert.ok(!isBlank(picture((index) => 120 + (index % 32) / 4)));
  assert.equal(inViewWords(0, false), "No faces in view.");
  assert.match(inViewWords(0, true), /Uncover the lens/);
  assert.match(inViewWords(2, true), /^2 faces/);
});

test("another camera is offered where it would solve the problem, and only there", () => {
  for (const code of ["busy", "camera_failed", "unplugged"]) assert.ok(liveProblemWords(code).offersCameras, code);
  for (const code of ["denied", "none", "lost", "silent"]) assert.ok(!liveProblemWords(code).offersCameras, code);
});

test("cameras without a name are numbered", async () => {
  const devices = [{ kind: "audioinput", deviceId: "m", label: "" }, { kind: "videoinput", deviceId: "a", label: "" }, { kind: "videoinput", deviceId: "b", label: "Desk" }];
  const listed = await listCameras(/** @type {MediaDevices} */ (/** @type {unknown} */ ({ enumerateDevices: async () => devices })));
  assert.deepEqual(listed, [{ id: "a", name: "Camera 1" }, { id: "b", name: "Desk" }]);
});

test("the rate is that of the last seconds, and zero once nothing comes", () => {
  const rate = new RateMeter();
  for (let ms = 0; ms <= 3000; ms += 100) rate.tick(ms);
  assert.ok(Math.abs(rate.rate(3000) - 10) < 0.01);
  assert.equal(rate.rate(9000), 0);
});

test("the median is not moved by one slow answer", () => {
  const median = new MedianMeter(5);
  assert.ok(Number.isNaN(median.median));
  for (const value of [900, 20, 21, 22, 5000]) median.add(value);
  assert.equal(median.median, 22);
  for (const value of [10, 10, 10]) median.add(value);
  assert.equal(median.median, 10);
});

test("the head-up line is short", () => {
  const words = hudWords({ fps: 24.6, tripMs: 80.4, serverMs: NaN, dropped: 3, read: 40, sent: "" });
  assert.deepEqual(words, { fps: "25", trip: "80 ms", server: "–", dropped: "3", read: "40", sent: "–" });
  assert.equal(hudWords({ fps: 4.25, tripMs: 1, serverMs: 1, dropped: 0, read: 0, sent: "" }).fps, "4.3");
});

test("an age says what stands behind it", () => {
  const age = { ...makeFace().age, low: 27, high: 35 };
  assert.equal(evidenceWords(age, 42, "traitnet"), "±4 years, from 42 frames");
  assert.equal(evidenceWords(age, 1, "baseline"), "years, from 1 frame");
});

test("a face is called by its track, else by its place", () => {
  assert.equal(faceNumber(makeFace({ track_id: 7 }), 0), 7);
  assert.equal(faceNumber(makeFace(), 1), 2);
});

test("the charts are told in words, the baseline's without ages that are no ages", () => {
  const { age, emotion } = makeFace();
  const faces = [30.2, 33.8].map((value) => makeFace({ age: { ...age, value }, emotion: { ...emotion, dominant: "happiness", scores: SCORES } }));
  assert.equal(timelineWords(2, faces), "Face 2: apparent age 34, between 30 and 34 in the last minute; expression now happiness.");
  assert.match(timelineWords(2, [makeFace()]), /28–45; expression now positive/);
  assert.equal(timelineWords(2, faces, 75), "Face 2, last seen 1 minute 15 seconds ago: apparent age 34, between 30 and 34 in the minute before; expression then happiness.");
});

test("states are sentences, and snapshots are named by their time", () => {
  for (const state of /** @type {const} */ (["off", "starting", "connecting", "live", "paused"])) assert.match(stateWords(state), /\.$/);
  assert.equal(momentName("png", new Date(2026, 0, 31, 8, 5, 9)), "facetraits-2026-01-31-08-05-09.png");
});
