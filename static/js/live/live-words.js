/**
 * What the live page says: its states, what can go wrong and the way out of it. Pure.
 *
 * @import { Face } from "../common/types.js"
 *
 * @typedef {"off" | "starting" | "connecting" | "live" | "paused"} LiveState
 * @typedef {"start" | "reconnect" | "reload"} Remedy what the button does
 *
 * @typedef {object} ProblemWords
 * @property {string} title
 * @property {string} advice
 * @property {string} [button]
 * @property {Remedy} [remedy]
 * @property {boolean} [offersCameras] whether another camera would do
 * @property {boolean} [offersUpload] whether a photo instead would do
 * @property {boolean} [offersOwnTab] whether the page on its own would do
 */

import { leftWords } from "../common/expiry.js";
import { faceCountWords, rangeWords } from "../common/words.js";

/** What was seen longer ago is not what is so now. */
export const NOW_S = 2;

/** @type {Record<LiveState, string>} */
const STATES = {
  off: "The camera is off.",
  starting: "Starting the camera. Your browser may ask whether this page may use it.",
  connecting: "The camera is on. Connecting to the server.",
  live: "Live: reading faces.",
  paused: "Paused while this page is hidden. Nothing is sent.",
};

/** @param {LiveState} state */
export function stateWords(state) {
  return STATES[state];
}

/** Said once a lost link is back. */
export const RESTORED = "The connection is back. Reading faces again.";

/**
 * @param {string} code
 * @param {string} [detail] the server's or the browser's own words
 * @returns {ProblemWords}
 */
export function liveProblemWords(code, detail = "") {
  const words = PROBLEMS[code] ?? PROBLEMS.camera_failed;
  return { ...words, advice: words.advice + (words.tells && detail ? ` (${detail})` : "") };
}

/** @type {Record<string, ProblemWords & {tells?: boolean}>} */
const PROBLEMS = {
  denied: {
    title: "The camera is not allowed",
    advice: "Allow it for this page: with the camera symbol in the address bar, or in the browser’s settings for this site. Then try again.",
    button: "Try again", remedy: "start", offersUpload: true,
  },
  not_allowed_here: {
    title: "The page around this one keeps the camera to itself",
    advice: "This page is embedded in another, which would have to pass the camera on (allow=\"camera\"). It works in a tab of its own.",
    offersOwnTab: true,
  },
  none: {
    title: "No camera was found",
    advice: "Connect one, or switch it on if it has a switch or a cover. Then look again.",
    button: "Look again", remedy: "start", offersUpload: true,
  },
  busy: {
    title: "The camera is in use",
    advice: "Another program or tab seems to have it, a video call perhaps. Close that, then try again, or choose another camera.",
    button: "Try again", remedy: "start", offersCameras: true, offersUpload: true,
  },
  insecure: {
    title: "Browsers give the camera to secure pages only",
    advice: "Open this page at an address that begins with https://, or at http://localhost on the computer that runs the server.",
    offersUpload: true,
  },
  unsupported: {
    title: "This browser has no camera for web pages",
    advice: "Use a current version of Firefox, Chrome, Edge or Safari. Apps with a browser of their own often leave the camera out.",
    offersUpload: true,
  },
  camera_failed: {
    title: "The camera did not start",
    advice: "Try again, or choose another camera.",
    button: "Try again", remedy: "start", offersCameras: true, offersUpload: true, tells: true,
  },
  unplugged: {
    title: "The camera is gone",
    advice: "It was unplugged, switched off or taken over. Connect it again, or start with another one.",
    button: "Start again", remedy: "start", offersCameras: true,
  },
  refused: {
    title: "The server is full",
    advice: "As many cameras are connected as it takes. This page tries again by itself every ten seconds.",
    button: "Try now", remedy: "reconnect", tells: true,
  },
  unreachable: {
    title: "The server cannot be reached",
    advice: "Check the connection to the network. This page keeps trying and starts by itself.",
    button: "Try now", remedy: "reconnect",
  },
  lost: {
    title: "The connection was lost",
    advice: "This page keeps trying and goes on by itself. The camera stays on, nothing is sent meanwhile.",
    button: "Try now", remedy: "reconnect",
  },
  silent: {
    title: "No answers are coming",
    advice: "The server may be very busy. This page goes on by itself once there are answers.",
    button: "Connect anew", remedy: "reconnect",
  },
  overloaded: {
    title: "The server is very busy",
    advice: "It has no time for most frames. This page sends fewer and smaller ones, and goes on by itself.",
    button: "Connect anew", remedy: "reconnect",
  },
  unreadable: {
    title: "The server cannot read the pictures",
    advice: "Try again, or use another browser.",
    button: "Start again", remedy: "start", tells: true,
  },
  missing_part: {
    title: "A part of this page is missing",
    advice: "The server has changed since the page was opened, or its browser libraries are not installed (npm ci).",
    button: "Load the page again", remedy: "reload",
  },
};

/**
 * The numbers of the head-up line, as short as they can be read.
 *
 * @param {{fps: number, tripMs: number, serverMs: number, dropped: number, read: number, sent: string}} figures
 * @returns {Record<"fps" | "trip" | "server" | "dropped" | "read" | "sent", string>}
 */
export function hudWords({ fps, tripMs, serverMs, dropped, read, sent }) {
  const ms = (/** @type {number} */ value) => (Number.isFinite(value) ? `${Math.round(value)} ms` : "–");
  return { fps: fps > 0 ? fps.toFixed(fps < 9.95 ? 1 : 0) : "–", trip: ms(tripMs), server: ms(serverMs), dropped: String(dropped), read: String(read), sent: sent || "–" };
}

/**
 * The charts for those who cannot see them.
 *
 * @param {number} number
 * @param {Face[]} faces over time, not empty
 * @param {number} [agoS] how long ago the last of them was
 */
export function timelineWords(number, faces, agoS = 0) {
  const { age, emotion } = faces[faces.length - 1];
  const old = agoS >= NOW_S;
  const name = old ? `Face ${number}, last seen ${leftWords(agoS)} ago` : `Face ${number}`;
  const expression = old ? `expression then ${emotion.dominant}` : `expression now ${emotion.dominant}`;
  // The baseline nets know ranges, whose middles are no ages.
  if (!emotion.scores) return `${name}: apparent age ${rangeWords(age.range)}; ${expression}.`;
  const ages = faces.map((face) => Math.round(face.age.value));
  const [low, high] = [Math.min(...ages), Math.max(...ages)];
  const span = low === high ? `${low}` : `between ${low} and ${high}`;
  const minute = old ? "in the minute before" : "in the last minute";
  return `${name}: apparent age ${Math.round(age.value)}, ${span} ${minute}; ${expression}.`;
}

/**
 * @param {number} count
 */
export function inViewWords(count) {
  return count === 0 ? "No face in view." : `${faceCountWords(count)} in view.`;
}
