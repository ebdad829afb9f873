/**
 * What can go wrong with one photo, and how to say it. Pure.
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

  /** Whether the same photo may fare better later. */
  get retryable() {
    return RETRYABLE.has(this.code) || this.status >= 500;
  }
}

/**
 * What was thrown, as a problem to tell of.
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
 * "image/jpeg,image/png,.heic" → "JPEG, PNG, HEIC".
 *
 * @param {string} accept
 */
export function formatWords(accept) {
  const names = accept.split(",").map((part) => part.trim().replace(/^image\/|^\./, "").toUpperCase());
  return [...new Set(names.filter(Boolean))].join(", ");
}

/**
 * A title that says what happened and advice that says what to do.
 *
 * @param {Problem} problem
 * @param {Limits} [limits] none where the photo was read before: what its format and size may be is no news
 * @returns {{title: string, advice: string}}
 */
export function problemWords(problem, limits = { maxBytes: 0, formats: "" }) {
  const known = WORDS[problem.code];
  if (known) return known(limits);
  if (problem.status >= 500) return WORDS.internal(limits);
  return { title: "The server did not take this photo", advice: "Try another photo." };
}

/** @type {Record<string, (limits: Limits) => {title: string, advice: string}>} */
const WORDS = {
  too_large: ({ maxBytes }) => ({
    title: "This photo is too large",
    advice: `The limit is ${bytesWords(maxBytes)}, and a number of pixels. Save a smaller copy and try that.`,
  }),
  unsupported_type: ({ formats }) => ({
    title: "This kind of file is not supported",
    advice: `Choose a photo in one of these formats: ${formats}.`,
  }),
  bad_image: () => ({
    title: "This photo cannot be read",
    advice: "The file seems to be damaged or cut short. Open it in a photo program, save a fresh copy and try that.",
  }),
  rate_limited: () => ({
    title: "Too many photos at once",
    advice: "The server takes only so many photos from one place in a while. Wait a little, then try again.",
  }),
  overloaded: () => ({
    title: "The server is busy",
    advice: "Nothing is wrong with the photo. Try again in a moment.",
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
    title: "The server does not know this address",
    advice: "Load this page again: the server may have changed since it was opened.",
  }),
  storage_full: () => ({
    title: "The server has no room for more links",
    advice: "Links that expire make room: try again later. Keeping the answers without the picture takes the least.",
  }),
  storage_unavailable: () => ({
    title: "The server cannot keep results right now",
    advice: "Nothing is wrong with the photo, and it can still be read. Try again in a moment.",
  }),
  forbidden: () => ({
    title: "The server does not allow it",
    advice: "The private link that came with the result is needed, all of it.",
  }),
  expired: () => ({
    title: "This result is gone",
    advice: "It has expired or was deleted.",
  }),
  internal: () => ({
    title: "Something went wrong on the server",
    advice: "Nothing is wrong with the photo. If it happens again, report it with the reference below.",
  }),
  network: () => ({
    title: "The server could not be reached",
    advice: "Check the connection to the network, then try again.",
  }),
  timeout: () => ({
    title: "The answer took too long",
    advice: "The connection may be slow or the server busy. Try again, or try a smaller photo.",
  }),
  bad_answer: () => ({
    title: "The answer made no sense",
    advice: "Something between this browser and the server may have changed it. Try again.",
  }),
  cancelled: () => ({
    title: "Cancelled",
    advice: "This photo was not read.",
  }),
};
