/** The time until a kept result expires, in words and as a countdown. */

import { formatDate, formatList, formatUnit, t } from "./i18n.js";

const UNITS = /** @type {const} */ ([["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]]);
const TICK_MS = 1000;

/**
 * A duration in the largest unit that expresses it exactly: 86400 → "24 hours".
 *
 * @param {number} seconds
 */
export function spanWords(seconds) {
  // "1 day" could mean "until tomorrow", so use "24 hours".
  const fits = UNITS.find(([, size]) => seconds % size === 0 && (size < 86_400 || seconds > size)) ?? UNITS[3];
  return formatUnit(seconds / fits[1], fits[0], { inWords: true });
}

/**
 * The remaining time in its two largest units: 86390 → "23 hours 59 minutes".
 *
 * @param {number} seconds
 */
export function leftWords(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return { count, unit };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return formatUnit(0, "second", { inWords: true });
  const largest = parts.slice(first, first + 2).filter(({ count }) => count > 0);
  return formatList(largest.map(({ count, unit }) => formatUnit(count, unit, { inWords: true })), "unit");
}

/**
 * Shows a countdown in an element.
 *
 * @param {HTMLElement} element
 * @param {object} options
 * @param {string} options.expiresAt ISO 8601
 * @param {number} [options.leftS] as counted by the server, because the local clock may be wrong
 * @param {() => void} options.onEnd
 * @returns {() => void} stops it
 */
export function countDown(element, { expiresAt, leftS, onEnd }) {
  const endMs = leftS !== undefined && Number.isFinite(leftS) ? Date.now() + leftS * 1000 : Date.parse(expiresAt);
  const tick = () => {
    const left = (endMs - Date.now()) / 1000;
    // Rounded up, so that it never shows "0 seconds" while the result still exists.
    element.textContent = t("expiry.countdown", { time: leftWords(Math.ceil(left)) });
    if (left > 0) return;
    stop();
    onEnd();
  };
  const timer = setInterval(tick, TICK_MS);
  const stop = () => clearInterval(timer);
  element.title = formatDate(new Date(endMs), { dateStyle: "long", timeStyle: "short" });
  tick();
  return stop;
}
