/** How long a kept result has left, in words and as a countdown. */

const UNITS = /** @type {const} */ ([["day", 86_400], ["hour", 3600], ["minute", 60], ["second", 1]]);
const TICK_MS = 1000;

/**
 * A span in one unit, the largest that says it exactly: 86400 → "24 hours".
 *
 * @param {number} seconds
 */
export function spanWords(seconds) {
  // "1 day" reads as "until tomorrow"; 24 hours is what is meant.
  const fits = UNITS.find(([, size]) => seconds % size === 0 && (size < 86_400 || seconds > size)) ?? UNITS[3];
  return counted(seconds / fits[1], fits[0]);
}

/**
 * What is left, in its two largest units: 86390 → "23 hours 59 minutes".
 *
 * @param {number} seconds
 */
export function leftWords(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [name, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 || parts.length > 0) parts.push([count, name]);
  }
  const words = parts.slice(0, 2).filter(([count]) => count !== 0);
  return words.map(([count, name]) => counted(Number(count), String(name))).join(" ") || "0 seconds";
}

/**
 * @param {number} count
 * @param {string} unit
 */
function counted(count, unit) {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/**
 * Keeps an element saying what is left until a moment has come.
 *
 * @param {HTMLElement} element
 * @param {object} options
 * @param {string} options.expiresAt ISO 8601
 * @param {number} [options.leftS] as the server counts it, for a clock here may be wrong
 * @param {() => void} options.onEnd
 * @returns {() => void} stops it
 */
export function countDown(element, { expiresAt, leftS, onEnd }) {
  const endMs = leftS !== undefined && Number.isFinite(leftS) ? Date.now() + leftS * 1000 : Date.parse(expiresAt);
  const tick = () => {
    const left = (endMs - Date.now()) / 1000;
    // Rounded up: "0 seconds" must not stand there while there is something to see.
    element.textContent = `in ${leftWords(Math.ceil(left))}`;
    if (left > 0) return;
    stop();
    onEnd();
  };
  const timer = setInterval(tick, TICK_MS);
  const stop = () => clearInterval(timer);
  element.title = new Date(endMs).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
  tick();
  return stop;
}
