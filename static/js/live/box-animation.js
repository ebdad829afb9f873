/**
 * Animates boxes smoothly between readings and predicts their motion: a reading says
 * where a face was when its frame was captured, and it has moved since. Pure: time
 * is passed in.
 *
 * @import { BoxRatio, Face, Size } from "../common/types.js"
 *
 * @typedef {object} AnimatedBox
 * @property {Face} face from the latest reading
 * @property {BoxRatio} now where its box is drawn
 * @property {{x: number, y: number}} speed shares of the picture per millisecond
 * @property {number} takenMs when the frame was captured
 * @property {number} seenMs when its reading arrived
 */

import { faceNumber } from "../common/words.js";

const TIME_CONSTANT_MS = 45;
// Predictions further ahead fail when the head turns.
const LONGEST_LEAD_MS = 200;
// As a share of the picture. Boxes of still faces jitter by less than this.
const TREMBLE = 0.006;
const SPEED_WEIGHT = 0.5;
// Nothing is drawn while no box moves; the first step after that must not be a jump.
const LONGEST_STEP_MS = 50;
// As a share of the picture: less than a pixel on most screens.
const ARRIVED = 0.0005;
/** How long a face that is missing from readings keeps its box. */
export const HOLD_MS = 250;

export class BoxAnimation {
  constructor() {
    /** @type {Map<number, AnimatedBox>} by face number */
    this.boxes = new Map();
    this.steppedMs = 0;
  }

  /**
   * @param {Face[]} faces of a new reading
   * @param {number} nowMs
   * @param {number} [takenMs] when its frame was taken
   */
  aim(faces, nowMs, takenMs = nowMs) {
    faces.forEach((face, index) => {
      const number = faceNumber(face, index);
      const known = this.boxes.get(number);
      const speed = known ? speedOf(known, face.box_ratio, takenMs) : { x: 0, y: 0 };
      this.boxes.set(number, { face, now: known?.now ?? face.box_ratio, speed, takenMs, seenMs: nowMs });
    });
  }

  /**
   * Advances every box and removes those of faces that are gone.
   *
   * @param {number} nowMs
   * @param {{jump?: boolean, holdMs?: number, size: Size}} options jump: no motion; size: the reading's
   * @returns {Face[]} faces with their boxes and landmarks where they are drawn now
   */
  step(nowMs, { jump = false, holdMs = HOLD_MS, size }) {
    const passedMs = Math.max(0, Math.min(nowMs - this.steppedMs, LONGEST_STEP_MS));
    this.steppedMs = nowMs;
    for (const [number, box] of this.boxes) {
      if (nowMs - box.seenMs > holdMs) this.boxes.delete(number);
      else box.now = jump ? box.face.box_ratio : between(box.now, ahead(box, nowMs), 1 - Math.exp(-passedMs / TIME_CONSTANT_MS));
    }
    return [...this.boxes.values()].map(({ face, now }) => moved(face, now, size));
  }

  /**
   * @param {Face[]} faces of the last reading
   * @returns {BoxRatio[]} the boxes that are still drawn but are missing from it
   */
  held(faces) {
    const seen = new Set(faces.map(faceNumber));
    return [...this.boxes].filter(([number]) => !seen.has(number)).map(([, { now }]) => now);
  }

  /** Whether a further step would change what is drawn. */
  get moving() {
    return [...this.boxes.values()].some((box) => {
      const guesses = (box.speed.x !== 0 || box.speed.y !== 0) && this.steppedMs - box.takenMs < LONGEST_LEAD_MS;
      return guesses || distance(ahead(box, this.steppedMs), box.now) > ARRIVED;
    });
  }

  clear() {
    this.boxes.clear();
  }
}

/**
 * @param {AnimatedBox} known
 * @param {BoxRatio} box where the face is now
 * @param {number} takenMs
 * @returns {{x: number, y: number}} the box's middle's, smoothed
 */
function speedOf({ face: { box_ratio: was }, speed, takenMs: wasMs }, box, takenMs) {
  const passedMs = Math.max(1, takenMs - wasMs);
  const way = { x: box.left - was.left + (box.width - was.width) / 2, y: box.top - was.top + (box.height - was.height) / 2 };
  if (Math.hypot(way.x, way.y) < TREMBLE) return { x: 0, y: 0 };
  const mix = (/** @type {"x" | "y"} */ axis) => (1 - SPEED_WEIGHT) * speed[axis] + (SPEED_WEIGHT * way[axis]) / passedMs;
  return { x: mix("x"), y: mix("y") };
}

/**
 * @param {AnimatedBox} box
 * @param {number} nowMs
 * @returns {BoxRatio} where the face is likely to be
 */
function ahead({ face: { box_ratio: box }, speed, takenMs }, nowMs) {
  // Smoothing toward a moving target lags behind it by the time constant.
  const leadMs = Math.max(0, Math.min(nowMs - takenMs + TIME_CONSTANT_MS, LONGEST_LEAD_MS));
  return { ...box, left: box.left + speed.x * leadMs, top: box.top + speed.y * leadMs };
}

/**
 * @param {BoxRatio} from
 * @param {BoxRatio} to
 * @param {number} share of the way, 0..1
 * @returns {BoxRatio}
 */
function between(from, to, share) {
  if (distance(from, to) <= ARRIVED) return to;
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
 * A face with its landmarks moved along with its box.
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
