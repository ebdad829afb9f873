/**
 * The messages of the live page: its states, its problems, and their remedies. Pure.
 *
 * @import { Face } from "../common/types.js"
 *
 * @typedef {"off" | "starting" | "connecting" | "live" | "paused"} LiveState
 * @typedef {"start" | "reconnect" | "reload"} Remedy what the button does
 *
 * @typedef {object} Ways out of a problem
 * @property {string} [button] its words
 * @property {Remedy} [remedy]
 * @property {boolean} [offersCameras] whether another camera would do
 * @property {boolean} [offersUpload] whether a photo instead would do
 * @property {boolean} [offersOwnTab] whether the page on its own would do
 *
 * @typedef {Ways & {title: string, advice: string}} ProblemWords
 */

import { leftWords } from "../common/expiry.js";
import { formatBriefly, formatNumber, formatUnit, t } from "../common/i18n.js";
import { emotionWords, rangeWords } from "../common/words.js";

/** Samples older than this are not current. */
export const NOW_S = 2;

/** @param {LiveState} state */
export function stateWords(state) {
  return t(`liveWords.state.${state}`);
}

/**
 * @param {string} code
 * @param {string} [detail] the message from the server or the browser
 * @returns {ProblemWords}
 */
export function liveProblemWords(code, detail = "") {
  const known = Object.hasOwn(PROBLEMS, code) ? code : "camera_failed";
  const { tells = false, button, ...ways } = PROBLEMS[known];
  const advice = t(`liveProblems.${known}.advice`);
  return {
    ...ways,
    title: t(`liveProblems.${known}.title`),
    advice: tells && detail ? t("liveWords.withDetail", { advice, detail }) : advice,
    ...(button && { button: t(`liveWords.button.${button}`) }),
  };
}

/** @type {Record<string, Ways & {tells?: boolean}>} tells: whether the detail helps */
const PROBLEMS = {
  denied: { button: "tryAgain", remedy: "start", offersUpload: true },
  not_allowed_here: { offersOwnTab: true },
  none: { button: "tryAgain", remedy: "start", offersUpload: true },
  busy: { button: "tryAgain", remedy: "start", offersCameras: true, offersUpload: true },
  insecure: { offersUpload: true },
  unsupported: { offersUpload: true },
  camera_failed: { button: "tryAgain", remedy: "start", offersCameras: true, offersUpload: true, tells: true },
  no_frames: { button: "tryAgain", remedy: "start", offersCameras: true, offersUpload: true },
  unplugged: { button: "startAgain", remedy: "start", offersCameras: true },
  refused: { button: "tryNow", remedy: "reconnect", tells: true },
  unreachable: { button: "tryNow", remedy: "reconnect" },
  lost: { button: "tryNow", remedy: "reconnect" },
  silent: { button: "reconnect", remedy: "reconnect" },
  overloaded: { button: "reconnect", remedy: "reconnect" },
  unreadable: { button: "startAgain", remedy: "start", tells: true },
  missing_part: { button: "reload", remedy: "reload" },
};

/**
 * The values of the status line in short form.
 *
 * @param {{fps: number, tripMs: number, serverMs: number, dropped: number, read: number, sent: string}} figures
 * @returns {Record<"fps" | "trip" | "server" | "dropped" | "read" | "sent", string>}
 */
export function hudWords({ fps, tripMs, serverMs, dropped, read, sent }) {
  const ms = (/** @type {number} */ value) => (Number.isFinite(value) ? formatUnit(Math.round(value), "millisecond") : "–");
  return {
    fps: fps > 0 ? formatBriefly(fps) : "–", trip: ms(tripMs), server: ms(serverMs),
    dropped: formatNumber(dropped), read: formatNumber(read), sent: sent || "–",
  };
}

/**
 * Describes the charts for screen readers.
 *
 * @param {number} number
 * @param {Face[]} faces over time, not empty
 * @param {number} [agoS] how long ago the last of them was
 */
export function timelineWords(number, faces, agoS = 0) {
  const { age, emotion } = faces[faces.length - 1];
  const values = { number: String(number), emotion: emotionWords(emotion.dominant), time: leftWords(agoS) };
  const when = agoS >= NOW_S ? "then" : "now";
  // The baseline nets predict ranges, whose midpoints are not ages.
  if (!emotion.scores) return t(`liveWords.timeline.${when}.range`, { ...values, range: rangeWords(age.range) });
  const ages = faces.map((face) => Math.round(face.age.value));
  const [low, high] = [Math.min(...ages), Math.max(...ages)];
  const change = low === high ? "steady" : "between";
  return t(`liveWords.timeline.${when}.${change}`, { ...values, age: Math.round(age.value), low, high });
}

/**
 * @param {number} count of faces
 * @param {boolean} covered whether the camera's picture shows nothing
 */
export function inViewWords(count, covered) {
  if (count > 0) return t("liveWords.inView", { count });
  return t(covered ? "liveWords.blank" : "liveWords.nobody");
}
