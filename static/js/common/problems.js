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

import { formatUnit, hasMessage, t } from "./i18n.js";

const RETRYABLE = new Set(["network", "timeout", "rate_limited", "overloaded", "starting", "stopping", "internal", "bad_answer", "cancelled", "proxy_unavailable", "proxy_login", "proxy_forbidden"]);
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
  const units = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte"]);
  let unit = 0;
  let value = bytes;
  for (; value >= 999.5 && unit < units.length - 1; unit += 1) value /= 1000;
  const rounded = unit > 0 && value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
  return formatUnit(rounded, units[unit], { inWords: unit === 0 });
}

/**
 * A title that says what happened, and advice on what to do.
 *
 * @param {Problem} problem
 * @param {Limits} [limits] not needed if the photo was already analyzed, because its format and size are fine then
 * @param {"photo" | "video"} [kind] of the file that has the problem
 * @returns {{title: string, advice: string}}
 */
export function problemWords({ code, status }, { maxBytes, formats } = { maxBytes: 0, formats: "" }, kind = "photo") {
  // What doesn't mention a photo is the same for a video.
  const kinds = kind === "video" ? ["video", "photo"] : ["photo"];
  const names = [code, status >= 500 ? "internal" : "unknown"].flatMap((each) => kinds.map((of) => `${of}.${each}`));
  const known = names.find((name) => hasMessage(`problems.${name}.title`)) ?? "photo.unknown";
  return { title: t(`problems.${known}.title`), advice: t(`problems.${known}.advice`, { limit: bytesWords(maxBytes), formats }) };
}

/**
 * A problem in one line.
 *
 * @param {unknown} error
 * @param {Limits} [limits]
 */
export function problemLine(error, limits) {
  return t("problems.line", problemWords(asProblem(error), limits));
}
