/**
 * Adapts the size, quality, and rate of frames: climbs a ladder step by step while
 * readings arrive quickly, and halves its position when they are slow (additive
 * increase, multiplicative decrease, as in TCP). Pure: time is passed in.
 *
 * @import { LiveSettings } from "../common/types.js"
 *
 * @typedef {object} Rung
 * @property {number} side the longer side of a frame, in pixels
 * @property {number} quality of the JPEG, 0..1
 * @property {number} fps the maximum number of frames per second
 */

/** Faster readings than this allow more frames; slower ones than this, fewer. */
export const QUICK_MS = 250;
export const SLOW_MS = 600;

/** The limits until the server has sent its own. */
const MODEST = { max_fps: 10, max_width: 480, jpeg_quality: 0.7, max_bytes: 200_000 };

// Shares of the server's limits, lowest rung first. The rate is reduced first: a
// small blurry face is useless, but five readings per second are not.
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
// One late reading is not a trend.
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

  /** @param {LiveSettings} settings from the server; they may differ between connections */
  obey(settings) {
    this.ladder = makeLadder(settings);
    this.maxBytes = settings.max_bytes;
  }

  /** @returns {Rung} the parameters of the next frame */
  get rung() {
    return this.ladder[Math.floor(this.height)];
  }

  /**
   * A reading arrived.
   *
   * @param {number} sentMs when its frame left
   * @param {number} nowMs
   */
  answered(sentMs, nowMs) {
    // It was sent before the last reduction, so it says nothing about the new settings.
    if (sentMs < this.fellMs) return;
    const tripMs = nowMs - sentMs;
    this.averageMs = this.averageMs === null ? tripMs : (1 - WEIGHT) * this.averageMs + WEIGHT * tripMs;
    if (this.averageMs > SLOW_MS) this.fall(nowMs);
    else if (this.averageMs < QUICK_MS) this.height = Math.min(this.ladder.length - 1, this.height + CLIMB);
  }

  /**
   * Sends less from now on, because a reading was slow or missing, or a frame was too large.
   *
   * @param {number} nowMs
   */
  fall(nowMs) {
    this.height *= FALL;
    this.fellMs = nowMs;
    this.averageMs = null;
  }
}
