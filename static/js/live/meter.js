/**
 * Measures the values of the status line: readings per second, and typical times.
 * Pure: time is passed in.
 */

const WINDOW_MS = 2000;

/** The rate of events over the last few seconds. */
export class RateMeter {
  constructor() {
    /** @type {number[]} */
    this.times = [];
  }

  /** @param {number} nowMs */
  tick(nowMs) {
    this.times.push(nowMs);
    this.forget(nowMs);
  }

  /**
   * @param {number} nowMs
   * @returns {number} a second
   */
  rate(nowMs) {
    this.forget(nowMs);
    if (this.times.length < 2) return 0;
    return (1000 * (this.times.length - 1)) / Math.max(1, nowMs - this.times[0]);
  }

  /** @param {number} nowMs */
  forget(nowMs) {
    while (this.times.length > 0 && nowMs - this.times[0] > WINDOW_MS) this.times.shift();
  }
}

/** The median of the last values, so that one slow reading doesn't matter. */
export class MedianMeter {
  /** @param {number} [count] */
  constructor(count = 9) {
    this.count = count;
    /** @type {number[]} */
    this.values = [];
  }

  /** @param {number} value */
  add(value) {
    this.values = [...this.values, value].slice(-this.count);
  }

  /** @returns {number} NaN if there is none yet */
  get median() {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  }
}
