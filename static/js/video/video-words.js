/**
 * The words of a video's page. Pure.
 *
 * @typedef {object} FaceSummary
 * @property {number} track_id
 * @property {number} first_s
 * @property {number} last_s
 * @property {number} seen_s
 * @property {number} frames
 * @property {{value: number, low: number, high: number, coverage: number}} age
 * @property {{value: "female" | "male", probability: number}} gender
 * @property {{mean: Record<string, number>, dominant_share: Record<string, number>}} emotion
 * @property {{trait: string, reason: string}[]} unsure
 * @property {string | null} thumbnail a JPEG in base64
 * @property {{time_s: number, age: {value: number, low: number, high: number}, emotion: Record<string, number>}[]} series
 *
 * @typedef {{frames?: number, seconds?: number, faces?: number}} Detail
 */

import { formatBriefly, formatPercent, formatUnit, t } from "../common/i18n.js";
import { emotionWords, genderWords, percent } from "../common/words.js";

/**
 * 75.2 → "1:15".
 *
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const end = `${String(rest).padStart(2, "0")}`;
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`;
}

/** @param {FaceSummary} face */
export function traitsLine({ age, gender }) {
  return t("videoWords.traits", {
    interval: `${Math.round(age.low)}–${Math.round(age.high)}`,
    gender: t("videoWords.share", { name: genderWords(gender.value), percent: percent(gender.probability) }),
  });
}

/**
 * The expressions, by the share of the time for which each was the most probable.
 *
 * @param {FaceSummary} face
 * @param {number} most
 */
export function expressionLine(face, most = 2) {
  const shares = Object.entries(face.emotion.dominant_share).sort(([, a], [, b]) => b - a);
  return shares.slice(0, most).map(([name, share]) => t("videoWords.share", { name: emotionWords(name), percent: percent(share) })).join(", ");
}

/** @param {FaceSummary} face */
export function seenLine({ first_s: firstS, last_s: lastS, seen_s: seenS }) {
  return t("videoWords.seen", { from: clock(firstS), to: clock(lastS), seconds: formatBriefly(seenS) });
}

/** @param {FaceSummary} face */
export function unsureLine({ unsure }) {
  const traits = [...new Set(unsure.map(({ trait }) => t(`labels.traitShort.${trait}`)))];
  return traits.length === 0 ? "" : t("groupWords.unsure", { traits: traits.join(", ") });
}

/**
 * How far reading is, in one line.
 *
 * @param {{state: string, progress: number, eta_s: number | null, detail: Detail}} job
 */
export function progressWords({ state, progress, eta_s: etaS, detail }) {
  if (state === "queued") return t("video.queued");
  const parts = [formatPercent(Math.floor(progress * 100) / 100)];
  if (detail.frames) {
    parts.push(
      t("videoWords.frames", { count: detail.frames }),
      t("videoWords.ofVideo", { time: clock(detail.seconds ?? 0) }),
      t("videoWords.facesSoFar", { count: detail.faces ?? 0 }),
    );
  }
  if (etaS !== null) parts.push(t("videoWords.left", { time: leftWords(etaS) }));
  return parts.join(" · ");
}

/** @param {number} seconds */
function leftWords(seconds) {
  if (seconds < 90) return formatUnit(Math.max(1, Math.round(seconds)), "second", { inWords: true });
  return formatUnit(Math.round(seconds / 60), "minute", { inWords: true });
}
