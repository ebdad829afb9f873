/**
 * Captures and sends frames, each as soon as the link is free and the rate allows.
 * Its dependencies are passed in.
 *
 * @import { Adapter, Rung } from "./adapt.js"
 *
 * @typedef {object} PumpParts
 * @property {{free: boolean, changed: () => Promise<void>, send: (jpeg: Blob, takenMs: number) => Promise<void>}} link
 * @property {Adapter} adapter
 * @property {(rung: Rung) => Promise<Blob | null>} grab
 * @property {() => number} [now]
 * @property {(ms: number) => Promise<void>} [sleep]
 */

const wait = (/** @type {number} */ ms) => /** @type {Promise<void>} */ (new Promise((resolve) => setTimeout(resolve, ms)));

/**
 * Runs until it is aborted.
 *
 * @param {PumpParts} parts
 * @param {AbortSignal} signal
 */
export async function pumpFrames({ link, adapter, grab, now = () => performance.now(), sleep = wait }, signal) {
  let dueMs = now();
  while (!signal.aborted) {
    if (!link.free) {
      await link.changed();
      continue;
    }
    if (now() < dueMs) {
      await sleep(dueMs - now());
      continue;
    }
    // Relative to the due time, so that timer delays don't add up, but without a burst after a wait.
    dueMs = Math.max(dueMs, now() - 1000 / adapter.rung.fps) + 1000 / adapter.rung.fps;
    const takenMs = now();
    const jpeg = await grab(adapter.rung);
    if (signal.aborted || !jpeg || !link.free) continue;
    if (jpeg.size > adapter.maxBytes) adapter.fall(now());
    else await link.send(jpeg, takenMs);
  }
}
