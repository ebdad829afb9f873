/** Tells a covered lens from an empty room, by a few pixels of the camera's picture. */

const WIDTH = 32;
const HEIGHT = 24;
// On a scale of 0 to 255. Unlit rooms have some contrast, and covered lenses only their noise, which
// shrinking averages away.
const DARK = 40;
const DARK_CONTRAST = 6;
// A shutter or a finger right in front of the lens can be bright, but shows nothing at all.
const NO_CONTRAST = 1.5;
const LOOKS = 2;

/**
 * Whether a picture shows nothing: dark and even, or entirely even.
 *
 * @param {ArrayLike<number>} pixels RGBA, 0..255
 */
export function isBlank(pixels) {
  const count = pixels.length / 4;
  let [sum, squares] = [0, 0];
  for (let at = 0; at < pixels.length; at += 4) {
    const light = 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
    sum += light;
    squares += light * light;
  }
  const mean = sum / count;
  const contrast = Math.sqrt(Math.max(0, squares / count - mean * mean));
  return contrast < (mean < DARK ? DARK_CONTRAST : NO_CONTRAST);
}

export class LensWatch {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    this.blank = 0;
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    this.context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  }

  /** Whether the last looks all found a blank picture: cameras start with a few black frames. */
  get covered() {
    return this.blank >= LOOKS;
  }

  look() {
    if (!this.context || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      this.blank = 0;
      return;
    }
    this.context.drawImage(this.video, 0, 0, WIDTH, HEIGHT);
    this.blank = isBlank(this.context.getImageData(0, 0, WIDTH, HEIGHT).data) ? this.blank + 1 : 0;
  }
}
