/**
 * Measures what the head-up line shows: answers a second, and typical times.
 * Pure: time is passed in.
 */

const WINDOW_MS = 2000;

/** How often something happens, over the last seconds. */
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

/** The median of the last values: one slow answer does not show as a slow line. */
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

  /** @returns {number} NaN where there is none yet */
  get median() {
    const sorted = [...this.values].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
  }
}
