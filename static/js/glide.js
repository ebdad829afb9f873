/**
 * Lets boxes glide from reading to reading. Each goes to where its face was last
 * seen, most of the way at once and the rest more slowly. Pure: time is passed in.
 *
 * @import { BoxRatio, Face, Size } from "./types.js"
 *
 * @typedef {{face: Face, now: BoxRatio, seenMs: number}} Gliding
 */

import { faceNumber } from "./words.js";

const TIME_CONSTANT_MS = 70;
// Nothing is drawn while all boxes rest; the first step after that must not be a leap.
const LONGEST_STEP_MS = 50;
// Of the picture's side: less than a pixel of most screens.
const ARRIVED = 0.0005;
/** A face that one reading misses keeps its box for so long. */
export const HOLD_MS = 250;

export class Glide {
  constructor() {
    /** @type {Map<number, Gliding>} by face number */
    this.boxes = new Map();
    this.steppedMs = 0;
  }

  /**
   * @param {Face[]} faces of a new reading
   * @param {number} nowMs
   */
  aim(faces, nowMs) {
    faces.forEach((face, index) => {
      const number = faceNumber(face, index);
      const now = this.boxes.get(number)?.now ?? face.box_ratio;
      this.boxes.set(number, { face, now, seenMs: nowMs });
    });
  }

  /**
   * Moves every box on and forgets those of faces that are gone.
   *
   * @param {number} nowMs
   * @param {{jump?: boolean, holdMs?: number, size: Size}} options jump: no motion; size: the reading's
   * @returns {Face[]} faces with their boxes and landmarks where they are drawn now
   */
  step(nowMs, { jump = false, holdMs = HOLD_MS, size }) {
    const passedMs = Math.max(0, Math.min(nowMs - this.steppedMs, LONGEST_STEP_MS));
    const share = jump ? 1 : 1 - Math.exp(-passedMs / TIME_CONSTANT_MS);
    this.steppedMs = nowMs;
    for (const [number, box] of this.boxes) {
      if (nowMs - box.seenMs > holdMs) this.boxes.delete(number);
      else box.now = between(box.now, box.face.box_ratio, share);
    }
    return [...this.boxes.values()].map(({ face, now }) => moved(face, now, size));
  }

  /** Whether a further step would change what is drawn. */
  get moving() {
    return [...this.boxes.values()].some(({ face, now }) => distance(face.box_ratio, now) > ARRIVED);
  }

  clear() {
    this.boxes.clear();
  }
}

/**
 * @param {BoxRatio} from
 * @param {BoxRatio} to
 * @param {number} share of the way, 0..1
 * @returns {BoxRatio}
 */
function between(from, to, share) {
  if (share >= 1 || distance(from, to) <= ARRIVED) return to;
  const mix = (/** @type {keyof BoxRatio} */ side) => from[side] + (to[side] - from[side]) * share;
  return { left: mix("left"), top: mix("top"), width: mix("width"), height: mix("height") };
}

/**
 * @param {BoxRatio} a
 * @param {BoxRatio} b
 */
function distance(a, b) {
  return Math.max(Math.abs(a.left - b.left), Math.abs(a.top - b.top), Math.abs(a.width - b.width), Math.abs(a.height - b.height));
}

/**
 * A face with its landmarks carried along with its box.
 *
 * @param {Face} face
 * @param {BoxRatio} now
 * @param {Size} size of the picture that its landmarks are pixels of
 * @returns {Face}
 */
function moved(face, now, size) {
  const was = face.box_ratio;
  const landmarks = (face.landmarks ?? []).map(([x, y]) => [
    (now.left + (x / size.width - was.left) * (now.width / was.width)) * size.width,
    (now.top + (y / size.height - was.top) * (now.height / was.height)) * size.height,
  ]);
  return { ...face, box_ratio: now, landmarks };
}
