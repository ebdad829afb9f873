/**
 * A request for a link, which can be canceled. Aborting is enough only while the
 * photo is being sent. After that, the server stores the result, so we wait for the
 * response, which contains the delete token.
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
    /** Whether the whole photo was sent: from now on, the server may store it. */
    this.left = false;
    /** Whether the result should be deleted again. */
    this.takenBack = false;
  }

  /**
   * @param {File | Blob} picture
   * @param {import("./types.js").SharedResult["kept"]} keep
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
