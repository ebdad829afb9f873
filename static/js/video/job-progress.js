/** Follows a job until it ends. */

import { withKey } from "../common/api-key.js";
import { part, setText } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { progressWords } from "./video-words.js";

const EVERY_MS = 1000;
const ACTIVE = new Set(["queued", "running"]);

/**
 * Shows the progress of a job.
 *
 * @param {HTMLElement} root with the bar and the words
 * @param {string} url of the job
 * @param {(state: string) => void} onEnd called once, also if the job is gone
 * @returns {() => void} stops it
 */
export function followJob(root, url, onEnd) {
  const bar = part(root, "job-bar", HTMLProgressElement);
  const words = part(root, "job-words");
  let stopped = false;
  const look = async () => {
    const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (stopped) return;
    // The server may be starting again: then, the job goes on where it was.
    if (answer === null || answer.status >= 500) setText(words, t("videoWords.unreachable"));
    else if (!answer.ok) return onEnd("gone");
    else {
      const job = await answer.json();
      if (!ACTIVE.has(job.state)) return onEnd(job.state);
      bar.value = job.progress;
      setText(words, progressWords(job));
    }
    setTimeout(look, EVERY_MS);
  };
  void look();
  return () => {
    stopped = true;
  };
}

/**
 * Cancels a job.
 *
 * @param {string} url
 * @param {string} token
 * @returns {Promise<boolean>} whether the server accepted it
 */
export async function cancelJob(url, token) {
  const headers = { ...withKey(), Authorization: `Bearer ${token}` };
  const answer = await fetch(url, { method: "POST", headers }).catch(() => null);
  return answer?.ok ?? false;
}
