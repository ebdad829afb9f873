import assert from "node:assert/strict";
import { test } from "node:test";

import { checkFile, mayMove } from "../../../static/js/upload/photos.js";
import { bytesWords, retryAfterSeconds } from "../../../static/js/common/problems.js";
import { createQueue } from "../../../static/js/upload/queue.js";
import { ageNote, ageWords, doubtSentences, emotionRows, intervalWords, isNotAFace, labelTexts, percent, pictureWords, rangeWords, shareWords, readingFacts, titleWords } from "../../../static/js/common/words.js";
import { makeFace, makeReading } from "../readings.js";

test("percentages never claim certainty", () => {
  assert.deepEqual([0.0001, 0.005, 0.5, 0.994, 0.9999].map(percent), ["<1%", "1%", "50%", "99%", ">99%"]);
});

test("ages: a range with the baseline nets, a value and its interval with others", () => {
  const { age } = makeFace();
  assert.equal(ageWords(age, "baseline"), "28–45");
  assert.equal(ageWords(age, "traitnet"), "37");
  assert.equal(rangeWords("66-116"), "66+");
  assert.equal(intervalWords({ ...age, low: 30.2, high: 29.8 }), "30");
  assert.match(ageNote(age, "baseline"), /70%/);
  assert.match(ageNote(age, "traitnet"), /28–45.*8 in 10/);
  assert.equal(shareWords(0.95), "19 in 20");
});

test("expressions: eight where the nets tell them, else valence", () => {
  const { emotion } = makeFace();
  assert.deepEqual(emotionRows(emotion).map(({ name, top }) => [name, top]), [["positive", true], ["neutral", false], ["negative", false]]);
  assert.equal(emotionRows({ ...emotion, scores: { happiness: 0.9 } }).length, 8);
});

test("doubts of one reason are one sentence", () => {
  /** @type {import("../../../static/js/common/types.js").Doubt[]} */
  const doubts = [{ trait: "age", reason: "small" }, { trait: "gender", reason: "small" }, { trait: "emotion", reason: "small" }];
  const sentences = doubtSentences(doubts);
  assert.equal(sentences.length, 1);
  assert.match(sentences[0], /small/);
});

test("what may not be a face is not called one", () => {
  /** @type {import("../../../static/js/common/types.js").Doubt[]} */
  const unsure = [{ trait: "age", reason: "not_a_face" }, { trait: "gender", reason: "not_a_face" }, { trait: "emotion", reason: "not_a_face" }];
  const [face, other] = [makeFace(), makeFace({ unsure })];
  assert.equal(isNotAFace(face), false);
  assert.equal(isNotAFace(other), true);
  assert.equal(titleWords(face, 1), "Face 1");
  assert.equal(titleWords(other, 2), "Face 2: not a face?");
  assert.equal(labelTexts(other, "traitnet")[0], "not a face?");
  assert.match(pictureWords(makeReading([face, other])), /face 1: looks 28–45 .*; face 2: possibly not a face$/);
  assert.deepEqual(doubtSentences(unsure), ["Unsure of age, gender presentation and expression: this may not be a face."]);
});

test("files that the server would refuse are not sent", () => {
  const limits = { accept: "image/jpeg,image/heic", maxBytes: 1000 };
  assert.equal(checkFile({ name: "a.jpg", type: "image/jpeg", size: 10 }, limits), null);
  assert.equal(checkFile({ name: "a.HEIC", type: "", size: 10 }, limits), null);
  assert.equal(checkFile({ name: "a.jpg", type: "image/jpeg", size: 0 }, limits)?.code, "bad_image");
  assert.equal(checkFile({ name: "a.jpg", type: "image/jpeg", size: 2000 }, limits)?.code, "too_large");
  assert.equal(checkFile({ name: "a.svg", type: "image/svg+xml", size: 10 }, limits)?.code, "unsupported_type");
});

test("pictures that may move say so in their first bytes", () => {
  const bytes = (/** @type {string} */ text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const png = "\x89PNG\r\n\x1a\n....IHDR........";
  const webp = "RIFF....WEBPVP8X....";
  for (const moves of ["GIF89a", `${png}acTL....IDAT`, `${webp}\x02`, "....ftypavis"]) assert.equal(mayMove(bytes(moves)), true, moves);
  for (const rests of ["\xff\xd8\xff", `${png}IDAT..acTL`, `${webp}\x10`, "RIFF....WEBPVP8 ", "....ftypavif", ""]) assert.equal(mayMove(bytes(rests)), false, rests);
});

test("Retry-After is read as seconds and as a date", () => {
  assert.equal(retryAfterSeconds("7"), 7);
  assert.equal(retryAfterSeconds(new Date(10_000).toUTCString(), 4_000), 6);
  assert.match(bytesWords(20_000_000), /20\s?MB/);
});

test("the queue runs so many at once, in order, and drops what is cancelled", async () => {
  const { run } = createQueue(1);
  /** @type {string[]} */
  const done = [];
  /** @param {string} name */
  const task = (name) => async () => { done.push(name); };
  const cancel = new AbortController();
  const jobs = [run(task("a")), run(task("b"), cancel.signal), run(task("c"))];
  cancel.abort();
  const [first, second, third] = await Promise.allSettled(jobs);
  assert.deepEqual([first.status, second.status, third.status], ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(done, ["a", "c"]);
});

test("a photo whose file ends early says so", () => {
  assert.equal(readingFacts(makeReading()), "1 face · 640 × 480 px · analyzed in 14 ms");
  const cut = readingFacts({ ...makeReading(), truncated: true });
  assert.match(cut, /the file is incomplete, so part of the photo may be missing$/);
});

test("a photo whose faces lie on their side says so", () => {
  const turned = readingFacts({ ...makeReading(), rotated_deg: 90 });
  assert.match(turned, /the photo is not upright, so it was rotated for the analysis$/);
});
