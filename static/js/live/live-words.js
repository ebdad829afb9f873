/**
 * The messages of the live page: its states, its problems, and their remedies. Pure.
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

/** Samples older than this are not current. */
export const NOW_S = 2;

/** @type {Record<LiveState, string>} */
const STATES = {
  off: "The camera is off.",
  starting: "Starting the camera. Your browser may ask for permission.",
  connecting: "The camera is on. Connecting to the server.",
  live: "Live: analyzing faces.",
  paused: "Paused while this page is hidden. Nothing is being sent.",
};

/** @param {LiveState} state */
export function stateWords(state) {
  return STATES[state];
}

/** Shown when a lost connection is restored. */
export const RESTORED = "Reconnected. Analyzing faces again.";

/**
 * @param {string} code
 * @param {string} [detail] the message from the server or the browser
 * @returns {ProblemWords}
 */
export function liveProblemWords(code, detail = "") {
  const words = PROBLEMS[code] ?? PROBLEMS.camera_failed;
  return { ...words, advice: words.advice + (words.tells && detail ? ` (${detail})` : "") };
}

/** @type {Record<string, ProblemWords & {tells?: boolean}>} */
const PROBLEMS = {
  denied: {
    title: "Camera access is blocked",
    advice: "Allow it with the camera icon in the address bar or in your browser’s settings for this site. Then try again.",
    button: "Try again", remedy: "start", offersUpload: true,
  },
  not_allowed_here: {
    title: "The surrounding page doesn’t share the camera",
    advice: "This page is embedded in another page, which has to allow camera access (allow=\"camera\"). It works in a tab of its own.",
    offersOwnTab: true,
  },
  none: {
    title: "No camera found",
    advice: "Connect a camera, or check that it is turned on and uncovered. Then try again.",
    button: "Try again", remedy: "start", offersUpload: true,
  },
  busy: {
    title: "The camera is in use",
    advice: "Another app or tab seems to be using it, such as a video call. Close that and try again, or choose another camera.",
    button: "Try again", remedy: "start", offersCameras: true, offersUpload: true,
  },
  insecure: {
    title: "The camera only works on secure pages",
    advice: "Open this page at an address that starts with https://, or at http://localhost on the computer that runs the server.",
    offersUpload: true,
  },
  unsupported: {
    title: "This browser doesn’t support camera access",
    advice: "Use a current version of Firefox, Chrome, Edge, or Safari. The browsers built into other apps often can’t use the camera.",
    offersUpload: true,
  },
  camera_failed: {
    title: "The camera didn’t start",
    advice: "Try again, or choose another camera.",
    button: "Try again", remedy: "start", offersCameras: true, offersUpload: true, tells: true,
  },
  unplugged: {
    title: "The camera was disconnected",
    advice: "It was unplugged, turned off, or taken over by another app. Reconnect it, or start with another one.",
    button: "Start again", remedy: "start", offersCameras: true,
  },
  refused: {
    title: "The server is full",
    advice: "It can’t take any more cameras right now. This page tries again every ten seconds.",
    button: "Try now", remedy: "reconnect", tells: true,
  },
  unreachable: {
    title: "Can’t reach the server",
    advice: "Check your network connection. This page keeps trying and starts automatically.",
    button: "Try now", remedy: "reconnect",
  },
  lost: {
    title: "Connection lost",
    advice: "This page keeps trying and resumes automatically. The camera stays on, but nothing is sent in the meantime.",
    button: "Try now", remedy: "reconnect",
  },
  silent: {
    title: "No results are coming in",
    advice: "The server may be very busy. This page resumes automatically once results arrive.",
    button: "Reconnect", remedy: "reconnect",
  },
  overloaded: {
    title: "The server is very busy",
    advice: "It can’t keep up with most frames. This page sends fewer and smaller ones and resumes automatically.",
    button: "Reconnect", remedy: "reconnect",
  },
  unreadable: {
    title: "The server can’t read the frames",
    advice: "Try again, or use another browser.",
    button: "Start again", remedy: "start", tells: true,
  },
  missing_part: {
    title: "Part of this page is missing",
    advice: "The server has changed since you opened the page, or its browser libraries aren’t installed (npm ci).",
    button: "Reload the page", remedy: "reload",
  },
};

/**
 * The values of the status line in short form.
 *
 * @param {{fps: number, tripMs: number, serverMs: number, dropped: number, read: number, sent: string}} figures
 * @returns {Record<"fps" | "trip" | "server" | "dropped" | "read" | "sent", string>}
 */
export function hudWords({ fps, tripMs, serverMs, dropped, read, sent }) {
  const ms = (/** @type {number} */ value) => (Number.isFinite(value) ? `${Math.round(value)} ms` : "–");
  return { fps: fps > 0 ? fps.toFixed(fps < 9.95 ? 1 : 0) : "–", trip: ms(tripMs), server: ms(serverMs), dropped: String(dropped), read: String(read), sent: sent || "–" };
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
  const old = agoS >= NOW_S;
  const name = old ? `Face ${number}, last seen ${leftWords(agoS)} ago` : `Face ${number}`;
  const expression = old ? `expression then ${emotion.dominant}` : `expression now ${emotion.dominant}`;
  // The baseline nets predict ranges, whose midpoints are not ages.
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
  return count === 0 ? "No faces in view." : `${faceCountWords(count)} in view.`;
}
