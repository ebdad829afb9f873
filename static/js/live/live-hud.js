/**
 * The status line: readings per second, and how long they take.
 *
 * @import { Sent } from "./live-link.js"
 * @import { LiveReading } from "../common/types.js"
 */

import { part, setText } from "../common/dom.js";
import { MedianMeter, RateMeter } from "./meter.js";
import { hudWords } from "./live-words.js";
import { t } from "../common/i18n.js";
import { bytesWords } from "../common/problems.js";
import { sizeWords } from "../common/words.js";

const REFRESH_MS = 250;

export class Hud {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.rate = new RateMeter();
    this.trip = new MedianMeter();
    this.server = new MedianMeter();
    this.read = 0;
    this.dropped = 0;
    this.sent = "";
    this.shownMs = -Infinity;
    this.show(0);
  }

  /**
   * @param {LiveReading} reading
   * @param {Sent} sent
   * @param {number} nowMs
   */
  saw(reading, sent, nowMs) {
    this.rate.tick(nowMs);
    this.trip.add(nowMs - sent.sentMs);
    this.sent = t("liveWords.frame", { size: sizeWords(reading), bytes: bytesWords(sent.jpeg.size) });
    this.server.add(reading.processing_ms.total);
    this.read += 1;
    this.dropped = reading.dropped;
    // Digits that change with every reading are unreadable.
    if (nowMs - this.shownMs >= REFRESH_MS) this.show(nowMs);
  }

  /** @param {number} nowMs */
  show(nowMs) {
    this.shownMs = nowMs;
    const figures = {
      fps: this.rate.rate(nowMs), tripMs: this.trip.median, serverMs: this.server.median,
      dropped: this.dropped, read: this.read, sent: this.sent,
    };
    for (const [name, words] of Object.entries(hudWords(figures))) setText(part(this.root, `hud-${name}`), words);
  }

  clear() {
    this.rate = new RateMeter();
    this.trip = new MedianMeter();
    this.server = new MedianMeter();
    this.read = 0;
    this.dropped = 0;
    this.sent = "";
    this.shownMs = -Infinity;
    this.show(0);
  }
}
