/**
 * How large, how good and how often frames are sent: climbs a ladder step by
 * step while answers are quick, falls by half of it when they are slow (additive
 * increase, multiplicative decrease, as TCP shares a line). Pure: time is passed in.
 *
 * @import { LiveSettings } from "../common/types.js"
 *
 * @typedef {object} Rung
 * @property {number} side the longer side of a frame, in pixels
 * @property {number} quality of the JPEG, 0..1
 * @property {number} fps at most so many frames a second
 */

/** Answers quicker than this leave room for more; slower ones are a reason for less. */
export const QUICK_MS = 250;
export const SLOW_MS = 600;

/** What is kept to until the server has said what it wants. */
export const MODEST = { max_fps: 10, max_width: 480, jpeg_quality: 0.7, max_bytes: 200_000 };

// Shares of what the server allows, lowest rung first. The rate goes first: a
// small blurred face is no use, but five readings a second still are.
const RUNGS = [
  { side: 0.5, quality: 0.65, fps: 0.15 },
  { side: 0.6, quality: 0.75, fps: 0.25 },
  { side: 0.75, quality: 0.85, fps: 0.35 },
  { side: 0.9, quality: 0.95, fps: 0.5 },
  { side: 1, quality: 1, fps: 0.75 },
  { side: 1, quality: 1, fps: 1 },
];
const FIRST_RUNG = 2;
const LEAST_SIDE = 160;
const CLIMB = 0.1;
const FALL = 0.5;
// One late answer is no trend.
const WEIGHT = 0.3;

/**
 * @param {LiveSettings} settings
 * @returns {Rung[]} lowest first; the highest is what the server allows
 */
export function makeLadder({ max_width: side, jpeg_quality: quality, max_fps: fps }) {
  return RUNGS.map((share) => ({
    side: Math.min(side, Math.max(LEAST_SIDE, Math.round(side * share.side))),
    quality: quality * share.quality,
    fps: Math.max(Math.min(fps, 1), fps * share.fps),
  }));
}

export class Adapter {
  /** @param {LiveSettings} [settings] */
  constructor(settings = MODEST) {
    this.ladder = makeLadder(settings);
    this.maxBytes = settings.max_bytes;
    this.height = FIRST_RUNG;
    this.fellMs = -Infinity;
    /** @type {number | null} a running average of round trips */
    this.averageMs = null;
  }

  /** @param {LiveSettings} settings the server's, which may differ from connection to connection */
  obey(settings) {
    this.ladder = makeLadder(settings);
    this.maxBytes = settings.max_bytes;
  }

  /** @returns {Rung} what the next frame is to be like */
  get rung() {
    return this.ladder[Math.floor(this.height)];
  }

  /**
   * An answer came.
   *
   * @param {number} sentMs when its frame left
   * @param {number} nowMs
   */
  answered(sentMs, nowMs) {
    // It left before the last fall: it says nothing of how things are after it.
    if (sentMs < this.fellMs) return;
    const tripMs = nowMs - sentMs;
    this.averageMs = this.averageMs === null ? tripMs : (1 - WEIGHT) * this.averageMs + WEIGHT * tripMs;
    if (this.averageMs > SLOW_MS) this.fall(nowMs);
    else if (this.averageMs < QUICK_MS) this.height = Math.min(this.ladder.length - 1, this.height + CLIMB);
  }

  /**
   * Less from now on: an answer was slow, did not come, or the frame was too large.
   *
   * @param {number} nowMs
   */
  fall(nowMs) {
    this.height *= FALL;
    this.fellMs = nowMs;
    this.averageMs = null;
  }
}
