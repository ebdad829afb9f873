/**
 * The history of each track, in bounded memory, and as CSV. Pure.
 *
 * @import { Face, LiveReading } from "../common/types.js"
 *
 * @typedef {{timeMs: number, face: Face}} Sample timeMs since 1970
 * @typedef {{number: number, samples: Sample[], lastMs: number}} TrackHistory
 */

import { csvCell } from "../common/exports.js";
import { EMOTIONS, VALENCES, faceNumber } from "../common/words.js";

/** Five samples a second for ten minutes, of the last faces. */
const LIMITS = { everyMs: 200, samples: 3000, tracks: 20 };

export class TimelineData {
  /** @param {{everyMs: number, samples: number, tracks: number}} [limits] */
  constructor(limits = LIMITS) {
    this.limits = limits;
    /** @type {Map<number, TrackHistory>} */
    this.histories = new Map();
  }

  /**
   * @param {LiveReading} reading
   * @param {number} timeMs since 1970
   */
  add(reading, timeMs) {
    reading.faces.forEach((face, index) => {
      const number = faceNumber(face, index);
      const history = this.histories.get(number) ?? { number, samples: [], lastMs: -Infinity };
      if (timeMs - history.lastMs < this.limits.everyMs) return;
      history.lastMs = timeMs;
      history.samples.push({ timeMs, face: slim(face) });
      // Removed in batches, because shifting a long list each time is slow.
      if (history.samples.length >= this.limits.samples * 1.2) history.samples.splice(0, history.samples.length - this.limits.samples);
      this.histories.set(number, history);
    });
    this.forgetTracks();
  }

  /** Removes the least recently seen tracks first. */
  forgetTracks() {
    const excess = this.histories.size - this.limits.tracks;
    if (excess <= 0) return;
    const oldest = [...this.histories.values()].sort((a, b) => a.lastMs - b.lastMs).slice(0, excess);
    for (const { number } of oldest) this.histories.delete(number);
  }

  /** @returns {number[]} the tracks' numbers, ascending */
  get numbers() {
    return [...this.histories.keys()].sort((a, b) => a - b);
  }

  /**
   * @param {number} number
   * @returns {number} when it was last seen, in milliseconds since 1970; -Infinity for an unknown track
   */
  lastMs(number) {
    return this.histories.get(number)?.lastMs ?? -Infinity;
  }

  /**
   * @param {number} number
   * @param {number} sinceMs
   * @returns {Sample[]}
   */
  samples(number, sinceMs = -Infinity) {
    return this.histories.get(number)?.samples.filter(({ timeMs }) => timeMs >= sinceMs) ?? [];
  }

  /** @returns {string} one row per sample of all tracks, in order of time (RFC 4180) */
  toCsv() {
    const rows = this.numbers.flatMap((number) => this.samples(number).map((sample) => ({ number, sample })));
    rows.sort((a, b) => a.sample.timeMs - b.sample.timeMs || a.number - b.number);
    const lines = [COLUMNS, ...rows.map(({ number, sample }) => cells(number, sample))];
    return lines.map((line) => line.map(csvCell).join(",") + "\r\n").join("");
  }

  clear() {
    this.histories.clear();
  }
}

/** @param {Face} face to return without the fields that neither charts nor CSV use */
function slim(face) {
  return { ...face, landmarks: [], age: { ...face.age, ranges: {} } };
}

const COLUMNS = [
  "time", "track", "frames", "age", "age_low", "age_high", "age_range", "gender", "gender_probability",
  "emotion", "emotion_probability", ...VALENCES.map((name) => `valence_${name}`), ...EMOTIONS.map((name) => `score_${name}`), "unsure",
];

/**
 * @param {number} number
 * @param {Sample} sample
 * @returns {(string | number)[]}
 */
function cells(number, { timeMs, face: { frames, age, gender, emotion, unsure } }) {
  return [
    new Date(timeMs).toISOString(), number, frames ?? "", age.value, age.low, age.high, age.range, gender.value, gender.probability,
    emotion.dominant, emotion.probability,
    ...VALENCES.map((name) => emotion.valence[name] ?? ""), ...EMOTIONS.map((name) => emotion.scores?.[name] ?? ""),
    unsure.map(({ trait, reason }) => `${trait}:${reason}`).join(" "),
  ];
}

/**
 * Columns for the charts: seconds relative to the last sample, then one column per
 * line. If a face was not seen for a while, a null makes a gap in the line.
 *
 * @param {Sample[]} samples
 * @param {((face: Face) => number)[]} lines
 * @param {number} gapMs
 * @returns {[number[], ...(number | null)[][]]}
 */
export function toColumns(samples, lines, gapMs = 1500) {
  /** @type {number[]} */
  const times = [];
  /** @type {(number | null)[][]} */
  const columns = lines.map(() => []);
  const lastMs = samples.at(-1)?.timeMs ?? 0;
  samples.forEach(({ timeMs, face }, index) => {
    const before = samples[index - 1];
    if (before && timeMs - before.timeMs > gapMs) {
      times.push(((before.timeMs + timeMs) / 2 - lastMs) / 1000);
      for (const column of columns) column.push(null);
    }
    times.push((timeMs - lastMs) / 1000);
    lines.forEach((line, place) => columns[place].push(line(face)));
  });
  return [times, ...columns];
}
