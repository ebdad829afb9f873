/**
 * The playing video with its animated boxes, mirrored or blurred.
 *
 * @import { LiveReading, Rect, Size } from "../common/types.js"
 */

import { blurArea, createBlur } from "./blur.js";
import { part } from "../common/dom.js";
import { BoxAnimation, HOLD_MS } from "./box-animation.js";
import { drawReading, faceAt, noteLayout } from "../common/overlay.js";
import { watchSize } from "../common/reading-view.js";
import { faceNumber } from "../common/words.js";

// A blurred face stays blurred for longer, in case readings miss it.
const BLUR_HOLD_MS = 1000;
// After this time, the positions of faces are unknown, so everything is blurred.
const BLIND_AFTER_MS = 1200;
const COVER = "#101216";

export class LiveStage {
  /**
   * @param {HTMLElement} root
   * @param {(number: number) => void} onPick called with the number of the face that was clicked, 0 for none
   */
  constructor(root, onPick) {
    this.frame = part(root, "frame");
    this.video = part(root, "video", HTMLVideoElement);
    this.canvas = part(root, "overlay", HTMLCanvasElement);
    this.boxAnimation = new BoxAnimation();
    /** @type {Map<number, number>} */
    this.spots = new Map();
    /** @type {LiveReading | null} */
    this.reading = null;
    this.readMs = -Infinity;
    this.mirrored = true;
    this.blurred = false;
    this.running = false;
    /** The number of the highlighted face, 0 for none. */
    this.active = 0;
    /** @type {Rect[]} */
    this.boxes = [];
    /** @type {number[]} */
    this.numbers = [];
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.frameRequest = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.later = undefined;
    watchSize(this.frame, () => this.ask());
    this.video.addEventListener("resize", () => this.shape());
    this.canvas.addEventListener("click", (event) => onPick(this.numbers[faceAt(this.boxes, event.offsetX, event.offsetY)] ?? 0));
  }

  /** Sets the frame's aspect ratio to that of the video; rotating a phone changes it. */
  shape() {
    const { videoWidth: width, videoHeight: height } = this.video;
    if (width > 0) this.frame.style.setProperty("--ratio", String(width / height));
    this.ask();
  }

  /** Starts with a new camera, whose picture has not been analyzed yet. */
  start() {
    this.running = true;
    this.forget();
    this.shape();
  }

  /** Clears the frame. */
  stop() {
    this.running = false;
    this.forget();
    this.draw(performance.now());
  }

  forget() {
    this.reading = null;
    this.readMs = -Infinity;
    this.boxAnimation.clear();
    this.spots.clear();
  }

  /**
   * @param {LiveReading} reading
   * @param {number} [takenMs] when its frame was taken
   */
  show(reading, takenMs) {
    this.reading = reading;
    this.readMs = performance.now();
    this.boxAnimation.aim(reading.faces, this.readMs, takenMs);
    this.ask();
  }

  /** @param {Partial<{mirrored: boolean, blurred: boolean, active: number}>} changes */
  set(changes) {
    Object.assign(this, changes);
    this.frame.classList.toggle("mirrored", this.mirrored);
    this.ask();
  }

  /** Schedules drawing in the next animation frame. */
  ask() {
    if (this.frameRequest === 0) this.frameRequest = requestAnimationFrame(() => this.onFrame());
  }

  onFrame() {
    this.frameRequest = 0;
    this.draw(performance.now());
    if (!this.running) return;
    clearTimeout(this.later);
    // With blur, the video under it moves.
    if (this.blurred || this.boxAnimation.moving) this.ask();
    // Boxes that don't move still disappear when their face is gone.
    else if (this.boxAnimation.boxes.size > 0) this.later = setTimeout(() => this.ask(), HOLD_MS);
  }

  /** @param {number} nowMs */
  draw(nowMs) {
    const size = { width: this.frame.clientWidth, height: this.frame.clientHeight };
    if (size.width === 0 || size.height === 0) return;
    const { width, height } = this.reading ?? { width: 1, height: 1 };
    const holdMs = this.blurred ? BLUR_HOLD_MS : HOLD_MS;
    const faces = this.boxAnimation.step(nowMs, { jump: this.calm.matches, holdMs, size: { width, height } });
    this.numbers = faces.map(faceNumber);
    for (const number of this.spots.keys()) if (!this.numbers.includes(number)) this.spots.delete(number);
    const shown = { request_id: "", nets: /** @type {const} */ ("traitnet"), processing_ms: {}, ...this.reading, width, height, faces };
    const layout = drawReading(this.canvas, shown, {
      size,
      active: this.numbers.indexOf(this.active),
      pixelRatio: devicePixelRatio,
      mirrored: this.mirrored,
      spots: this.spots,
      paintUnder: (context, boxes) => this.hideFaces(context, boxes, { size, nowMs }),
    });
    this.boxes = layout.boxes;
    noteLayout(this.canvas, layout);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Rect[]} boxes
   * @param {{size: Size, nowMs: number}} options
   */
  hideFaces(context, boxes, { size, nowMs }) {
    const { video, mirrored } = this;
    if (!this.running || !this.blurred) return;
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      // The first frame may be visible before the script is notified.
      context.fillStyle = COVER;
      context.fillRect(0, 0, size.width, size.height);
      return;
    }
    const blind = nowMs - this.readMs > BLIND_AFTER_MS;
    const blur = createBlur(video, { width: video.videoWidth, height: video.videoHeight });
    blur(context, blind ? "all" : boxes.map((box) => blurArea(box, size)), { size, mirrored });
  }
}
