/**
 * A video that was read: the player and the timeline, on its page and in an embed.
 *
 * @import { FaceSummary } from "./video-words.js"
 * @import { Nets } from "../common/types.js"
 *
 * @typedef {object} Summary
 * @property {Nets} nets
 * @property {{width: number, height: number, fps: number | null, duration_s: number, frames: number, frames_read: number, truncated: boolean, damaged_packets: number}} video
 * @property {number | null} per_second
 * @property {number} bin_s
 * @property {[number, number][]} index
 * @property {FaceSummary[]} faces
 */

import { part, showText } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { sizeWords } from "../common/words.js";
import { Boxes } from "./boxes.js";
import { FaceRows } from "./face-rows.js";
import { Player } from "./player.js";
import { clock } from "./video-words.js";

const USUAL_FPS = 25;
// A frame that was missed, or a time that was rounded, must not make boxes blink.
const HELD_FRAMES = 2.5;

/**
 * @param {HTMLElement} root with data-summary-url, and with data-boxes-url if the video was kept
 * @returns {Promise<Summary>}
 */
export async function showVideo(root) {
  const { summaryUrl = "", boxesUrl } = root.dataset;
  const answer = await fetch(summaryUrl);
  if (!answer.ok) throw new Error(`The summary could not be loaded: ${answer.status}`);
  /** @type {Summary} */
  const summary = await answer.json();
  const { faces, video, bin_s: binS } = summary;
  /** @type {Player | null} */
  let player = null;
  const rows = new FaceRows(part(root, "timeline"), {
    faces, durationS: video.duration_s, binS, onSeek: boxesUrl ? (timeS) => player?.seek(timeS) : null,
  });
  if (boxesUrl) {
    const holdS = HELD_FRAMES / (summary.per_second ?? video.fps ?? USUAL_FPS);
    const boxes = new Boxes({ url: boxesUrl, index: summary.index, holdS });
    player = new Player(root, { boxes, size: video, nets: summary.nets, onTime: (timeS) => rows.showTime(timeS) });
  }
  showText(part(root, "facts"), factWords(summary));
  part(root, "no-faces").hidden = faces.length > 0;
  part(root, "timeline").hidden = faces.length === 0;
  return summary;
}

/** @param {Summary} summary */
function factWords({ video, per_second: perSecond }) {
  const facts = [sizeWords(video), clock(video.duration_s), t("videoWords.frames", { count: video.frames })];
  if (perSecond !== null) facts.push(t("videoWords.framesRead", { count: video.frames_read }));
  if (video.truncated) facts.push(t("videoWords.endsEarly"));
  if (video.damaged_packets > 0) facts.push(t("videoWords.damaged"));
  return facts.join(" · ");
}
