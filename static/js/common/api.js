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

import { withKey } from "./api-key.js";
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
 * @param {SharedResult["kept"]} keep
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
 * Sends one photo to have its faces hidden.
 *
 * @param {File} photo
 * @param {{style: string, faces: string}} how "blur", "pixelate", or "cover"; "all", or numbers like "1,3"
 * @param {SendOptions} options
 * @returns {Promise<{hidden: object[], media_type: string, picture: string}>} `picture` in base64; rejects with a Problem, and with nothing else
 */
export function sendForAnonymizing(photo, { style, faces }, options) {
  const form = asForm(photo);
  form.append("style", style);
  form.append("faces", faces);
  const whole = (/** @type {any} */ body) => Array.isArray(body.hidden) && typeof body.media_type === "string" && typeof body.picture === "string";
  return post(form, options, whole);
}

/**
 * Sends a video to be read. However long that takes: it can be large.
 *
 * @param {File} video
 * @param {SendOptions} options
 * @returns {Promise<{id: string, page_url: string, delete_token: string}>} rejects with a Problem, and with nothing else
 */
export function sendVideo(video, options) {
  const form = new FormData();
  form.append("video", video, video.name);
  const whole = (/** @type {any} */ body) => ["id", "page_url", "delete_token"].every((name) => typeof body[name] === "string");
  return post(form, options, whole, 0);
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
 * @param {number} [timeoutMs] 0 for none
 * @returns {Promise<any>}
 */
function post(form, { url, signal, onProgress = () => {}, newRequest = () => new XMLHttpRequest() }, whole, timeoutMs = TIMEOUT_MS) {
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
    request.timeout = timeoutMs;
    for (const [name, value] of Object.entries(withKey({ Accept: "application/json" }))) request.setRequestHeader(name, value);
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
 * @param {any} body RFC 9457 with our code; anything else is from a proxy in front of the server
 * @param {string | null} retryAfter
 */
function problemOf(status, body, retryAfter) {
  const retryAfterS = retryAfterSeconds(retryAfter);
  const ours = typeof body?.code === "string" && typeof body.request_id === "string";
  if (!ours) return new Problem({ code: codeOfProxy(status), retryAfterS, status });
  return new Problem({
    code: body.code,
    detail: typeof body.detail === "string" ? body.detail : "",
    requestId: body.request_id,
    retryAfterS,
    status,
  });
}

/**
 * The code for a response that is not ours. A proxy has limits, logins, and rules of its own, so our
 * words about ours would be wrong.
 *
 * @param {number} status
 */
function codeOfProxy(status) {
  /** @type {Record<number, string>} */
  const codes = {
    401: "proxy_login", 403: "proxy_forbidden", 404: "not_found", 407: "proxy_login", 408: "timeout", 413: "proxy_too_large",
    429: "rate_limited", 500: "proxy_unavailable", 502: "proxy_unavailable", 503: "proxy_unavailable", 504: "timeout", 511: "proxy_login",
  };
  return codes[status] ?? (status >= 500 ? "proxy_unavailable" : "refused");
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
