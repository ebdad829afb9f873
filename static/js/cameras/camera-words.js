/**
 * Words for cameras and their figures. Pure.
 *
 * @import { Camera, Count, Figures, Period } from "./camera-api.js"
 */

import { formatDate, hasMessage, t } from "../common/i18n.js";
import { emotionWords, genderWords, rangeWords } from "../common/words.js";

/** @param {Camera} camera */
export function cameraStateWords({ state }) {
  return hasMessage(`cameraWords.state.${state}`) ? t(`cameraWords.state.${state}`) : state;
}

/**
 * A count with its interval, such as "20 (15–25)".
 *
 * @param {Count | null} count
 */
export function countWords(count) {
  return count ? t("cameraWords.count", { value: count.count, low: count.low, high: count.high }) : "–";
}

/**
 * @param {"age" | "gender" | "expression"} trait
 * @param {string} name of a group: an age range, a gender, or a valence
 */
export function groupWords(trait, name) {
  if (trait === "age") return rangeWords(name);
  return trait === "gender" ? genderWords(name) : emotionWords(name);
}

/**
 * @param {Period} period
 * @param {Figures["by"]} by
 */
export function periodWords({ start, end }, by) {
  const from = new Date(start);
  const day = formatDate(from, { weekday: "short", month: "short", day: "numeric" });
  if (by === "day") return day;
  const time = (/** @type {Date} */ at) => formatDate(at, { hour: "numeric", minute: "2-digit" });
  return t("cameraWords.period", { day, from: time(from), to: time(new Date(end)) });
}

/** @param {Period} period */
export function appearancesWords({ appearances, seconds_mean: seconds, facing_seconds_mean: facing, complete }) {
  if (!appearances) return t(complete ? "cameraWords.tooFew" : "cameraWords.tooFewSoFar");
  const values = { count: appearances.count, seconds: seconds ?? "–", facing: facing ?? "–" };
  return complete ? t("cameraWords.appearances", values) : t("cameraWords.appearancesSoFar", values);
}

/**
 * The scale of a chart: the highest line, a multiple of five lines' step.
 *
 * @param {Period[]} periods
 * @returns {{top: number, lines: number[]}}
 */
export function chartScale(periods) {
  const highest = Math.max(0, ...periods.map(({ appearances }) => appearances?.high ?? 0));
  const steps = [5, 10, 20, 50];
  let step = steps[0];
  for (let power = 1; highest / step > 5; power *= 10) {
    step = steps.map((s) => s * power).find((s) => highest / s <= 5) ?? step * 10;
  }
  const count = Math.max(2, Math.ceil(highest / step));
  return { top: step * count, lines: Array.from({ length: count + 1 }, (_, i) => i * step) };
}
