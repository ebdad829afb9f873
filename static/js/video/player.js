/**
 * A video with boxes drawn over it, in step with the frames that are shown.
 *
 * @import { Boxes } from "./boxes.js"
 * @import { Nets } from "../common/types.js"
 */

import { part } from "../common/dom.js";
import { drawReading, noteLayout } from "../common/overlay.js";

export class Player {
  /**
   * @param {HTMLElement} root with the video and the overlay
   * @param {object} options
   * @param {Boxes} options.boxes
   * @param {{width: number, height: number}} options.size of the video, in pixels
   * @param {Nets} options.nets
   * @param {(timeS: number) => void} options.onTime called for each frame that is shown
   */
  constructor(root, { boxes, size, nets, onTime }) {
    this.video = part(root, "video", HTMLVideoElement);
    this.canvas = part(root, "overlay", HTMLCanvasElement);
    this.boxes = boxes;
    this.reading = { width: size.width, height: size.height, nets };
    this.onTime = onTime;
    /** Where each face's label was, so that labels don't jump. @type {Map<number, number>} */
    this.spots = new Map();
    this.timeS = 0;
    part(root, "frame").style.setProperty("--ratio", String(size.width / size.height));
    this.listen();
  }

  listen() {
    const { video } = this;
    if ("requestVideoFrameCallback" in video) {
      const next = () => video.requestVideoFrameCallback((_now, { mediaTime }) => {
        this.show(mediaTime);
        next();
      });
      next();
    } else {
      this.followClock();
    }
    for (const name of ["seeked", "loadeddata"]) video.addEventListener(name, () => this.show(video.currentTime));
    new ResizeObserver(() => this.show(this.timeS)).observe(video);
  }

  /** For browsers that don't say which frame is shown. */
  followClock() {
    const tick = () => {
      if (!this.video.paused) {
        this.show(this.video.currentTime);
        requestAnimationFrame(tick);
      }
    };
    this.video.addEventListener("play", tick);
  }

  /** @param {number} timeS */
  seek(timeS) {
    // A little after the beginning of the frame, so that rounding never shows the one before.
    this.video.currentTime = timeS + 0.001;
  }

  /** @param {number} timeS of the frame that is shown */
  show(timeS) {
    this.timeS = timeS;
    this.onTime(timeS);
    const faces = this.boxes.at(timeS);
    this.boxes.load(timeS).then(() => {
      if (faces === null && this.timeS === timeS) this.draw(timeS);
    }, () => {}); // the next frame tries again
    this.draw(timeS);
  }

  /** @param {number} timeS */
  draw(timeS) {
    const size = { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
    if (size.width === 0) return;
    const faces = this.boxes.at(timeS) ?? [];
    const reading = /** @type {any} */ ({ ...this.reading, faces });
    const layout = drawReading(this.canvas, reading, { size, pixelRatio: devicePixelRatio, spots: this.spots });
    noteLayout(this.canvas, layout);
    this.canvas.dataset.time = String(timeS);
  }
}
