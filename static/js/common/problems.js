/**
 * The problems that a photo can have, and their messages. Pure.
 *
 * @typedef {object} ProblemFields
 * @property {string} code stable, from the server, or network, timeout, bad_answer
 * @property {string} [detail] the server's own sentence
 * @property {string} [requestId]
 * @property {number} [retryAfterS]
 * @property {number} [status]
 *
 * @typedef {{maxBytes: number, formats: string}} Limits
 */

const RETRYABLE = new Set(["network", "timeout", "rate_limited", "overloaded", "starting", "stopping", "internal", "bad_answer", "cancelled"]);
const LONGEST_WAIT_S = 120;

export class Problem extends Error {
  /** @param {ProblemFields} fields */
  constructor({ code, detail = "", requestId = "", retryAfterS = 0, status = 0 }) {
    super(detail || code);
    this.name = "Problem";
    this.code = code;
    this.detail = detail;
    this.requestId = requestId;
    this.retryAfterS = retryAfterS;
    this.status = status;
  }

  /** Whether it makes sense to retry with the same photo. */
  get retryable() {
    return RETRYABLE.has(this.code) || this.status >= 500;
  }
}

/**
 * Converts anything that was thrown to a problem.
 *
 * @param {unknown} error
 */
export function asProblem(error) {
  return error instanceof Problem ? error : new Problem({ code: "bad_answer", detail: String(error) });
}

/**
 * A Retry-After header, which is seconds or a date, as seconds from now.
 *
 * @param {string | null} header
 * @param {number} [nowMs]
 */
export function retryAfterSeconds(header, nowMs = Date.now()) {
  if (!header) return 0;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  if (!(seconds > 0)) return 0;
  return Math.min(Math.ceil(seconds), LONGEST_WAIT_S);
}

/** @param {number} bytes */
export function bytesWords(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${Number(value.toFixed(digits))} ${units[unit]}`;
}

/**
 * A title that says what happened, and advice on what to do.
 *
 * @param {Problem} problem
 * @param {Limits} [limits] not needed if the photo was already analyzed, because its format and size are fine then
 * @returns {{title: string, advice: string}}
 */
export function problemWords(problem, limits = { maxBytes: 0, formats: "" }) {
  const known = WORDS[problem.code];
  if (known) return known(limits);
  if (problem.status >= 500) return WORDS.internal(limits);
  return { title: "The server didn’t accept this photo", advice: "Try another photo." };
}

/** @type {Record<string, (limits: Limits) => {title: string, advice: string}>} */
const WORDS = {
  too_large: ({ maxBytes }) => ({
    title: "This photo is too large",
    advice: `The limit is ${bytesWords(maxBytes)}, and the number of pixels is limited too. Try a smaller copy.`,
  }),
  unsupported_type: ({ formats }) => ({
    title: "This file type is not supported",
    advice: `Choose a photo in one of these formats: ${formats}.`,
  }),
  bad_image: () => ({
    title: "This photo can’t be read",
    advice: "The file seems to be damaged or incomplete. Open it in a photo editor, save a new copy, and try that.",
  }),
  rate_limited: () => ({
    title: "Too many photos at once",
    advice: "The server limits how many photos it accepts from one address. Wait a moment, then try again.",
  }),
  overloaded: () => ({
    title: "The server is busy",
    advice: "Your photo is fine. Try again in a moment.",
  }),
  starting: () => ({
    title: "The server is starting",
    advice: "Nothing is wrong with the photo. Try again in a few seconds.",
  }),
  stopping: () => ({
    title: "The server is shutting down",
    advice: "Nothing is wrong with the photo. Try again in a minute.",
  }),
  not_found: () => ({
    title: "The server doesn’t recognize this address",
    advice: "Reload this page. The server may have changed since you opened it.",
  }),
  storage_full: () => ({
    title: "The server has no space for more links",
    advice: "Space frees up as links expire, so try again later. Keeping only the results takes the least space.",
  }),
  storage_unavailable: () => ({
    title: "The server can’t store results right now",
    advice: "Your photo is fine and can still be analyzed. Try again in a moment.",
  }),
  forbidden: () => ({
    title: "The server didn’t allow this",
    advice: "To delete a result, use its complete private link.",
  }),
  expired: () => ({
    title: "This result is gone",
    advice: "It has expired or was deleted.",
  }),
  internal: () => ({
    title: "Something went wrong on the server",
    advice: "Your photo is fine. If this keeps happening, report it with the reference below.",
  }),
  network: () => ({
    title: "Can’t reach the server",
    advice: "Check your network connection, then try again.",
  }),
  timeout: () => ({
    title: "The server took too long to respond",
    advice: "Your connection may be slow, or the server may be busy. Try again, or use a smaller photo.",
  }),
  bad_answer: () => ({
    title: "Unexpected response",
    advice: "Something between your browser and the server may have changed the response. Try again.",
  }),
  cancelled: () => ({
    title: "Canceled",
    advice: "This photo wasn’t analyzed.",
  }),
};
