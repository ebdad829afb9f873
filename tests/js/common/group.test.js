import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, expressionsOf, stepTo, summarize } from "../../../static/js/common/group.js";
import { ageBarWords, leftOutWords, listedWords, tileDoubt, tileInterval } from "../../../static/js/common/group-words.js";
import { formatBriefly } from "../../../static/js/common/i18n.js";
import { limitWords, readingFacts } from "../../../static/js/common/words.js";
import { makeFace, makeReading } from "../readings.js";

/**
 * @param {number} value
 * @param {string} dominant
 * @param {any[]} unsure
 */
function face(value, dominant, unsure = [], left = 0.1) {
  const { age, emotion, box_ratio: ratio } = makeFace();
  return makeFace({
    age: { ...age, value, low: value, high: value, ranges: { "66-116": 0, "1-2": 0.5, "3-9": 0.5 } },
    emotion: { ...emotion, dominant: /** @type {any} */ (dominant) },
    box_ratio: { ...ratio, left },
    unsure,
  });
}

const FACES = [
  face(40, "neutral", [], 0.7),
  face(20, "happiness", [{ trait: "age", reason: "small" }], 0.5),
  face(60, "happiness", [], 0.3),
  face(30, "sadness", [{ trait: "emotion", reason: "ambiguous" }], 0.1),
];
const numbers = (/** @type {import("../../../static/js/common/group.js").Placed[]} */ placed) => placed.map(({ index }) => index + 1);

test("the summary leaves out what is unsure, trait by trait, and what may be no face", () => {
  const summary = summarize([...FACES, face(50, "anger", [{ trait: "gender", reason: "not_a_face" }])]);
  assert.deepEqual(summary.left, { ages: 2, expressions: 2 });
  assert.deepEqual(summary.expressions, [{ name: "happiness", count: 2 }, { name: "neutral", count: 1 }]);
  assert.equal(leftOutWords(summary, 5), "Unsure faces are left out: 2 of 5 from the ages and 2 of 5 from the expressions.");
  assert.equal(leftOutWords(summarize([FACES[0], FACES[2]]), 2), "From all 2 faces.");
});

test("an uncertain age counts in every range by its probability, with the spread of the sum", () => {
  const { ages } = summarize(FACES);
  assert.deepEqual(ages.map(({ range }) => range), ["1-2", "3-9", "66-116"]);
  assert.equal(ages[0].expected, 1.5);
  assert.ok(Math.abs(ages[0].spread - Math.sqrt(3 * 0.25)) < 1e-9);
  assert.deepEqual([ages[2].expected, ages[2].spread], [0, 0]);
  assert.equal(ageBarWords(ages[0]), "1–2 years: about 1.5 ± 0.9 faces");
  assert.deepEqual([0, 9.94, 12.4].map(formatBriefly), ["0.0", "9.9", "12"]);
});

test("faces are listed in the chosen order", () => {
  const reading = makeReading(FACES);
  const inOrder = (/** @type {any} */ order) => numbers(arrange(reading, { order, selection: "all" }));
  assert.deepEqual(inOrder("size"), [1, 2, 3, 4]);
  assert.deepEqual(inOrder("place"), [4, 3, 2, 1]);
  assert.deepEqual(inOrder("youngest"), [2, 4, 1, 3]);
  assert.deepEqual(inOrder("oldest"), [3, 1, 4, 2]);
  assert.deepEqual(inOrder("expression"), [1, 2, 3, 4]);
});

test("faces are selected by their doubts or their expression", () => {
  const reading = makeReading(FACES);
  const selected = (/** @type {string} */ selection) => numbers(arrange(reading, { order: "size", selection }));
  assert.deepEqual([selected("sure"), selected("unsure"), selected("happiness"), selected("fear")], [[1, 3], [2, 4], [2, 3], []]);
  assert.deepEqual(expressionsOf(FACES), ["neutral", "happiness", "sadness"]);
  assert.deepEqual([listedWords(4, 4), listedWords(2, 4), listedWords(0, 4)], ["4 faces", "2 of 4 faces", "None of the 4 faces"]);
});

test("arrow keys lead through the grid and stop at its edges", () => {
  const grid = { count: 5, columns: 2 };
  const from = (/** @type {number} */ at) => ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End", "x"].map((key) => stepTo(key, at, grid));
  assert.deepEqual(from(0), [1, 0, 2, 0, 0, 4, 0]);
  assert.deepEqual(from(4), [4, 3, 4, 2, 0, 4, 4]);
});

test("a tile says everything in few words", () => {
  const [sure, unsure] = FACES;
  assert.equal(tileDoubt(sure.unsure), "");
  assert.equal(tileDoubt(unsure.unsure), "Unsure: age");
  assert.equal(tileDoubt([{ trait: "age", reason: "small" }, { trait: "gender", reason: "small" }, { trait: "emotion", reason: "dark" }]), "Unsure of everything");
  assert.equal(tileDoubt([{ trait: "age", reason: /** @type {any} */ ("not_a_face") }]), "Possibly not a face");
  assert.equal(tileInterval(makeFace().age, "traitnet"), "28–45");
  assert.equal(tileInterval(makeFace().age, "baseline"), "");
});

test("faces that were found and not analyzed are counted, with a way to get them", () => {
  const reading = { ...makeReading(FACES), faces_found: 12 };
  assert.match(limitWords(reading, 0), /^12 faces were found, but only the 4 largest are analyzed\. .*crop.*FACETRAITS_MAX_FACES/);
  assert.match(readingFacts(reading), /^4 of 12 faces · /);
  assert.equal(limitWords({ ...reading, faces_found: 4 }, 4), "");
  // Kept by an earlier version.
  assert.match(limitWords(makeReading(FACES), 4), /may be more/);
});

test("an animation says that only its first frame is analyzed", () => {
  assert.match(readingFacts({ ...makeReading(), animated: true }), /animation.*first frame/);
});
