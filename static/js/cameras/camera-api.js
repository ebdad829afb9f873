/**
 * Fetches what is known about the cameras, with the API key of this tab.
 *
 * @typedef {{count: number, low: number, high: number}} Count
 *
 * @typedef {object} Period
 * @property {string} start
 * @property {string} end
 * @property {boolean} complete
 * @property {Count | null} appearances
 * @property {number | null} seconds_mean
 * @property {number | null} facing_seconds_mean
 * @property {Record<string, Count | null> | null} age
 * @property {Record<string, Count | null> | null} gender
 * @property {Record<string, Count | null> | null} expression
 *
 * @typedef {{camera: string, by: "hour" | "day", step: number, coverage: number, periods: Period[]}} Figures
 *
 * @typedef {object} Camera
 * @property {string} name
 * @property {string} title
 * @property {string} state
 * @property {string} detail
 * @property {"off" | "blurred" | "clear"} picture
 * @property {string} expression_reason
 * @property {boolean} expression
 * @property {string} figures_url
 * @property {string} csv_url
 * @property {string} picture_url
 */

import { withKey } from "../common/api-key.js";
import { Problem } from "../common/problems.js";

const TIMEOUT_MS = 15_000;

/**
 * @param {string} url
 * @returns {Promise<Response>} rejects with a Problem, and with nothing else
 */
export async function fetchWithKey(url) {
  const answer = await fetch(url, { headers: withKey({ Accept: "application/json, */*" }), signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error) => {
    throw new Problem({ code: error.name === "TimeoutError" ? "timeout" : "network" });
  });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Problem({ code: String(body.code ?? "internal"), detail: String(body.detail ?? ""), status: answer.status });
}

/**
 * @param {string} url
 * @returns {Promise<any>}
 */
export async function fetchJson(url) {
  const answer = await fetchWithKey(url);
  return answer.json().catch(() => {
    throw new Problem({ code: "bad_answer" });
  });
}
