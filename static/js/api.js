/**
 * Sends photos to the server. XMLHttpRequest and not fetch, because only it
 * tells how much of an upload has left.
 *
 * @import { Reading } from "./types.js"
 *
 * @typedef {{phase: "sending", share: number} | {phase: "reading"}} Progress
 *
 * @typedef {object} SendOptions
 * @property {string} url
 * @property {AbortSignal} [signal]
 * @property {(progress: Progress) => void} [onProgress]
 * @property {() => XMLHttpRequest} [newRequest]
 */

import { Problem, retryAfterSeconds } from "./problems.js";

const TIMEOUT_MS = 120_000;

/**
 * Sends one photo and waits for its reading.
 *
 * @param {File | Blob} photo
 * @param {SendOptions} options
 * @returns {Promise<Reading>} rejects with a Problem, and with nothing else
 */
export function sendPhoto(photo, { url, signal, onProgress = () => {}, newRequest = () => new XMLHttpRequest() }) {
  return new Promise((resolve, reject) => {
    const request = newRequest();
    const fail = (/** @type {string} */ code) => reject(new Problem({ code }));
    if (signal?.aborted) return fail("cancelled");
    const abort = () => request.abort();
    signal?.addEventListener("abort", abort);
    request.addEventListener("loadend", () => signal?.removeEventListener("abort", abort));
    request.addEventListener("error", () => fail("network"));
    request.addEventListener("timeout", () => fail("timeout"));
    request.addEventListener("abort", () => fail("cancelled"));
    request.addEventListener("load", () => settle(request, resolve, reject));
    reportUpload(request.upload, onProgress);
    request.open("POST", url);
    request.timeout = TIMEOUT_MS;
    request.setRequestHeader("Accept", "application/json");
    return request.send(asForm(photo));
  });
}

/** @param {File | Blob} photo */
function asForm(photo) {
  const form = new FormData();
  if (photo instanceof File) form.append("image", photo, photo.name);
  else form.append("image", photo);
  return form;
}

/**
 * @param {XMLHttpRequestUpload} upload
 * @param {(progress: Progress) => void} onProgress
 */
function reportUpload(upload, onProgress) {
  upload.addEventListener("progress", ({ lengthComputable, loaded, total }) => {
    if (lengthComputable && total > 0) onProgress({ phase: "sending", share: loaded / total });
  });
  // The bytes have left; what remains is the server's work, of unknown length.
  upload.addEventListener("load", () => onProgress({ phase: "reading" }));
}

/**
 * @param {XMLHttpRequest} request
 * @param {(reading: Reading) => void} resolve
 * @param {(problem: Problem) => void} reject
 */
function settle(request, resolve, reject) {
  const answer = readAnswer(request.status, request.responseText, request.getResponseHeader("Retry-After"));
  if (answer instanceof Problem) reject(answer);
  else resolve(answer);
}

/**
 * An HTTP answer → the reading or the problem that it tells.
 *
 * @param {number} status
 * @param {string} text
 * @param {string | null} retryAfter
 * @returns {Reading | Problem}
 */
export function readAnswer(status, text, retryAfter) {
  const body = parseObject(text);
  if (status >= 200 && status < 300) {
    return body && Array.isArray(body.faces) ? /** @type {Reading} */ (body) : new Problem({ code: "bad_answer", status });
  }
  return new Problem({
    code: typeof body?.code === "string" ? body.code : codeOfStatus(status),
    detail: typeof body?.detail === "string" ? body.detail : "",
    requestId: typeof body?.request_id === "string" ? body.request_id : "",
    retryAfterS: retryAfterSeconds(retryAfter),
    status,
  });
}

/**
 * A proxy in front of the server answers without our codes.
 *
 * @param {number} status
 */
function codeOfStatus(status) {
  /** @type {Record<number, string>} */
  const codes = { 404: "not_found", 413: "too_large", 415: "unsupported_type", 422: "bad_image", 429: "rate_limited", 503: "overloaded", 504: "timeout" };
  return codes[status] ?? (status >= 500 ? "internal" : "refused");
}

/**
 * @param {string} text
 * @returns {any} the object that the text is in JSON, else null
 */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
