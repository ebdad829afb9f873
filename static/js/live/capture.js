/**
 * Waits for a video's first frame, and captures JPEGs from it, up to a requested size.
 *
 * @import { Rung } from "./adapt.js"
 * @import { Size } from "../common/types.js"
 */

import { CameraProblem } from "./camera.js";

/**
 * Plays a camera's video until its first frame is there. Some cameras open and send nothing: those
 * of a closed laptop, or with a switch on their side.
 *
 * @param {HTMLVideoElement} video
 * @param {number} withinMs the longest wait while the page can be seen
 * @returns {Promise<void>} rejects with a CameraProblem "no_frames", or as `play()` does
 */
export async function playFirstFrame(video, withinMs) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    // Browsers don't play the video of a hidden page.
    const onLate = () => (document.hidden ? wait() : reject(new CameraProblem("no_frames")));
    const wait = () => { timer = setTimeout(onLate, withinMs); };
    wait();
  });
  try {
    await Promise.race([firstFrame(video), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** @param {HTMLVideoElement} video */
async function firstFrame(video) {
  await video.play();
  if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return;
  await new Promise((resolve) => video.addEventListener("loadeddata", resolve, { once: true }));
}

/**
 * @param {Size} size
 * @param {number} side the longest that the longer side may be
 * @returns {Size} of the same shape, in whole pixels, never enlarged
 */
export function fitWithin({ width, height }, side) {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/**
 * @param {HTMLVideoElement} video
 * @returns {(rung: Rung) => Promise<Blob | null>} null where there is no picture yet
 */
export function createGrabber(video) {
  const canvas = document.createElement("canvas");
  // The encoder reads every pixel back: a canvas in main memory is the quick one.
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
  return async ({ side, quality }) => {
    if (!context || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
    const size = fitWithin({ width: video.videoWidth, height: video.videoHeight }, side);
    if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
    context.drawImage(video, 0, 0, size.width, size.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  };
}
