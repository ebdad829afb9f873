/**
 * Sends photos to the server. XMLHttpRequest instead of fetch, because only it
 * reports upload progress.
 *
 * @import { Reading, SharedResult } from "./types.js"
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
export function sendPhoto(photo, options) {
  return post(asForm(photo), options, (body) => Array.isArray(body.faces));
}

/**
 * Sends one photo to be analyzed and stored under a link.
 *
 * @param {File | Blob} photo
 * @param {"picture" | "figures"} keep
 * @param {SendOptions} options
 * @returns {Promise<SharedResult>} rejects with a Problem, and with nothing else
 */
export function createResult(photo, keep, options) {
  const form = asForm(photo);
  form.append("keep", keep);
  const whole = (/** @type {any} */ body) => ["id", "url", "delete_token", "expires_at"].every((name) => typeof body[name] === "string");
  return post(form, options, whole);
}

/**
 * Deletes a kept result; if it is already gone, that is fine.
 *
 * @param {string} url
 * @param {string} token
 * @returns {Promise<void>} rejects with a Problem, and with nothing else
 */
export async function deleteResult(url, token) {
  const headers = { Accept: "application/json", Authorization: `Bearer ${token}` };
  const request = { method: "DELETE", headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
  const answer = await fetch(url, request).catch((error) => {
    throw new Problem({ code: error.name === "TimeoutError" ? "timeout" : "network" });
  });
  if (answer.ok || answer.status === 404 || answer.status === 410) return;
  throw problemOf(answer.status, parseObject(await answer.text().catch(() => "")), answer.headers.get("Retry-After"));
}

/**
 * @param {FormData} form
 * @param {SendOptions} options
 * @param {(body: any) => boolean} whole whether an object is a complete response
 * @returns {Promise<any>}
 */
function post(form, { url, signal, onProgress = () => {}, newRequest = () => new XMLHttpRequest() }, whole) {
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
    request.addEventListener("load", () => {
      const answer = readAnswer(request.status, request.responseText, request.getResponseHeader("Retry-After"), whole);
      if (answer instanceof Problem) reject(answer);
      else resolve(answer);
    });
    reportUpload(request.upload, onProgress);
    request.open("POST", url);
    request.timeout = TIMEOUT_MS;
    request.setRequestHeader("Accept", "application/json");
    return request.send(form);
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
  // The upload is complete; the server's processing time is unknown.
  upload.addEventListener("load", () => onProgress({ phase: "reading" }));
}

/**
 * Converts an HTTP response to the object or the problem in it.
 *
 * @param {number} status
 * @param {string} text
 * @param {string | null} retryAfter
 * @param {(body: any) => boolean} whole whether an object is a complete response
 * @returns {any} that object, or a Problem
 */
export function readAnswer(status, text, retryAfter, whole) {
  const body = parseObject(text);
  if (status < 200 || status >= 300) return problemOf(status, body, retryAfter);
  return body && whole(body) ? body : new Problem({ code: "bad_answer", status });
}

/**
 * @param {number} status
 * @param {any} body RFC 9457, or null from a proxy
 * @param {string | null} retryAfter
 */
function problemOf(status, body, retryAfter) {
  return new Problem({
    code: typeof body?.code === "string" ? body.code : codeOfStatus(status),
    detail: typeof body?.detail === "string" ? body.detail : "",
    requestId: typeof body?.request_id === "string" ? body.request_id : "",
    retryAfterS: retryAfterSeconds(retryAfter),
    status,
  });
}

/**
 * The code for a response without one, as from a proxy in front of the server.
 *
 * @param {number} status
 */
function codeOfStatus(status) {
  /** @type {Record<number, string>} */
  const codes = { 403: "forbidden", 404: "not_found", 410: "expired", 413: "too_large", 415: "unsupported_type", 422: "bad_image", 429: "rate_limited", 503: "overloaded", 504: "timeout", 507: "storage_full" };
  return codes[status] ?? (status >= 500 ? "internal" : "refused");
}

/**
 * @param {string} text
 * @returns {any} the object in the JSON text, or null
 */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return value !== null && typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
