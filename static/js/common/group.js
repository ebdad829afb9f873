/**
 * Many faces at once: a summary of those that can be relied on, and in which order and selection
 * they are listed. Pure.
 *
 * @import { Doubt, Face, Reading } from "./types.js"
 *
 * @typedef {{index: number, face: Face}} Placed a face and its position in the reading
 * @typedef {"size" | "place" | "youngest" | "oldest" | "expression"} Order
 * @typedef {"all" | "sure" | "unsure" | string} Selection which faces, or an expression
 *
 * @typedef {object} AgeBar
 * @property {string} range one of the seven age ranges
 * @property {number} expected how many faces are in it: the sum of their probabilities
 * @property {number} spread the standard deviation of that number
 *
 * @typedef {object} Summary
 * @property {AgeBar[]} ages from young to old
 * @property {{name: string, count: number}[]} expressions the most frequent first, without those that nobody has
 * @property {{ages: number, expressions: number}} left how many faces each of the two leaves out
 */

import { EMOTIONS, VALENCES } from "./words.js";

/** With this many faces, a column of cards is too long to find one's way in. */
export const GROUP_FROM = 4;

/**
 * What is found in a wheel or a sleeve has no age and no expression.
 *
 * @param {Face} face
 * @param {Doubt["trait"]} trait
 */
function canTell({ unsure }, trait) {
  return !unsure.some((doubt) => doubt.trait === trait || /** @type {string} */ (doubt.reason) === "not_a_face");
}

/**
 * @param {Face[]} faces
 * @returns {Summary}
 */
export function summarize(faces) {
  const aged = faces.filter((face) => canTell(face, "age"));
  const shown = faces.filter((face) => canTell(face, "emotion"));
  return {
    ages: ageBars(aged),
    expressions: expressionCounts(shown),
    left: { ages: faces.length - aged.length, expressions: faces.length - shown.length },
  };
}

/**
 * Each face counts in every range by its probability, so that an uncertain age is not drawn as a
 * certain one.
 *
 * @param {Face[]} faces
 * @returns {AgeBar[]}
 */
function ageBars(faces) {
  const ranges = [...new Set(faces.flatMap(({ age }) => Object.keys(age.ranges)))];
  ranges.sort((one, other) => parseInt(one) - parseInt(other));
  return ranges.map((range) => {
    const shares = faces.map(({ age }) => age.ranges[range] ?? 0);
    const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0);
    return { range, expected: sum(shares), spread: Math.sqrt(sum(shares.map((share) => share * (1 - share)))) };
  });
}

/** @param {Face[]} faces */
function expressionCounts(faces) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { emotion } of faces) counts.set(emotion.dominant, (counts.get(emotion.dominant) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count }))
    .sort((one, other) => other.count - one.count || rank(one.name) - rank(other.name));
}

/**
 * The fixed order of the cards.
 *
 * @param {string} expression
 */
function rank(expression) {
  return [...EMOTIONS, ...VALENCES].indexOf(expression);
}

/**
 * The expressions that occur, to choose from.
 *
 * @param {Face[]} faces
 */
export function expressionsOf(faces) {
  return [...new Set(faces.map(({ emotion }) => emotion.dominant))].sort((one, other) => rank(one) - rank(other));
}

/**
 * The faces to list.
 *
 * @param {Reading} reading
 * @param {{order: Order, selection: Selection}} choice
 * @returns {Placed[]}
 */
export function arrange({ faces }, { order, selection }) {
  const placed = faces.map((face, index) => ({ index, face }));
  // Sorting keeps the largest first among equals.
  return placed.filter(({ face }) => isSelected(face, selection)).sort(COMPARE[order]);
}

/**
 * @param {Face} face
 * @param {Selection} selection
 */
function isSelected({ unsure, emotion }, selection) {
  if (selection === "all") return true;
  if (selection === "sure") return unsure.length === 0;
  if (selection === "unsure") return unsure.length > 0;
  return emotion.dominant === selection;
}

/** @type {Record<Order, (one: Placed, other: Placed) => number>} */
const COMPARE = {
  size: (one, other) => one.index - other.index,
  place: (one, other) => middle(one) - middle(other),
  youngest: (one, other) => one.face.age.value - other.face.age.value,
  oldest: (one, other) => other.face.age.value - one.face.age.value,
  expression: (one, other) => rank(one.face.emotion.dominant) - rank(other.face.emotion.dominant),
};

/** @param {Placed} placed */
function middle({ face: { box_ratio: ratio } }) {
  return ratio.left + ratio.width / 2;
}

/**
 * The tile that an arrow key leads to.
 *
 * @param {string} key
 * @param {number} from its position in the list
 * @param {{count: number, columns: number}} grid
 * @returns {number} a position in the list; `from` where the key leads nowhere
 */
export function stepTo(key, from, { count, columns }) {
  /** @type {Record<string, number>} */
  const steps = { ArrowRight: from + 1, ArrowLeft: from - 1, ArrowDown: from + columns, ArrowUp: from - columns, Home: 0, End: count - 1 };
  const to = steps[key] ?? from;
  return to >= 0 && to < count ? to : from;
}
