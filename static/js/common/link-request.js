/**
 * One request for a link, which can be taken back. To abort it is enough only
 * while the photo is leaving: after that the server keeps the result, and the
 * answer is awaited, because it brings the right to delete it.
 *
 * @import { Progress } from "./api.js"
 * @import { SharedResult } from "./types.js"
 */

import { createResult } from "./api.js";

export class LinkRequest {
  /** @param {string} resultsUrl */
  constructor(resultsUrl) {
    this.resultsUrl = resultsUrl;
    this.stop = new AbortController();
    /** Whether the whole photo is on its way: the server may keep it from now on. */
    this.left = false;
    /** Whether what is made is to be deleted again. */
    this.takenBack = false;
  }

  /**
   * @param {File | Blob} picture
   * @param {"picture" | "figures"} keep
   * @param {(progress: Progress) => void} onProgress
   * @returns {Promise<SharedResult>} rejects with a Problem, and with nothing else
   */
  send(picture, keep, onProgress) {
    return createResult(picture, keep, {
      url: this.resultsUrl,
      signal: this.stop.signal,
      onProgress: (progress) => {
        this.left ||= progress.phase === "reading";
        onProgress(progress);
      },
    });
  }

  takeBack() {
    this.takenBack = true;
    if (!this.left) this.stop.abort();
  }
}
