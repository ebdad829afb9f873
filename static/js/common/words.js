/**
 * A reading in plain words. Pure: no page, no network.
 *
 * @import { AgeReading, Doubt, EmotionReading, Face, Nets, Reading, Size } from "./types.js"
 */

import { formatList, formatPercent, formatUnit, hasMessage, language, t } from "./i18n.js";

export const EMOTIONS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
export const VALENCES = ["positive", "neutral", "negative"];
/** @type {Doubt["trait"][]} */
export const TRAITS = ["age", "gender", "emotion"];

/** @param {string} text */
export function capitalized(text) {
  return text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
}

/** @param {string} name an emotion or a valence */
export function emotionWords(name) {
  return t(`labels.emotion.${name}`);
}

/** @param {string} value */
export function genderWords(value) {
  return t(`labels.gender.${value}`);
}

/**
 * A probability as a percentage that never claims certainty.
 *
 * @param {number} probability
 */
export function percent(probability) {
  if (probability >= 0.995) return t("words.more", { percent: formatPercent(0.99) });
  if (probability < 0.005) return t("words.less", { percent: formatPercent(0.01) });
  return formatPercent(probability);
}

/**
 * "28-45" → "28–45"; the last range has no real upper end.
 *
 * @param {string} range
 */
export function rangeWords(range) {
  const [first, last] = range.split("-");
  return Number(last) > 100 ? `${first}+` : `${first}–${last}`;
}

/** @param {AgeReading} age */
export function intervalWords(age) {
  const [low, high] = [Math.round(age.low), Math.round(age.high)];
  return low === high ? `${low}` : `${low}–${high}`;
}

/**
 * The age in as few characters as possible; the baseline nets predict only ranges.
 *
 * @param {AgeReading} age
 * @param {Nets} nets
 */
export function ageWords(age, nets) {
  return nets === "baseline" ? rangeWords(age.range) : `${Math.round(age.value)}`;
}

/**
 * The number that decides between "year" and "years" after an age; a range is read by its end.
 *
 * @param {AgeReading} age
 * @param {Nets} nets
 */
function yearCount(age, nets) {
  return nets === "baseline" ? Number(age.range.split("-")[1]) : Math.round(age.value);
}

/**
 * What follows an age on its card.
 *
 * @param {AgeReading} age
 * @param {Nets} nets
 */
export function ageLabel(age, nets) {
  return t("words.ageLabel", { count: yearCount(age, nets) });
}

/**
 * 0.8 → "8 in 10", 0.95 → "19 in 20", else a percentage.
 *
 * @param {number} share
 */
export function shareWords(share) {
  for (const whole of [10, 20]) {
    const part = share * whole;
    if (Math.abs(part - Math.round(part)) < 1e-6) return t("words.partOf", { part: Math.round(part), whole });
  }
  return percent(share);
}

/**
 * Explains the interval. It is calibrated over many faces, so the sentence is
 * about faces in general and not about this person.
 *
 * @param {AgeReading} age
 * @param {Nets} nets
 */
export function ageNote(age, nets) {
  if (nets === "baseline") return baselineAgeNote(age);
  const interval = intervalWords(age);
  if (!age.coverage) return t("words.likely", { interval });
  return t("words.likelyShare", { interval, share: shareWords(age.coverage) });
}

/**
 * The evidence for an age that was averaged over frames: "±4 years, from 42 frames".
 *
 * @param {AgeReading} age
 * @param {number} frames
 * @param {Nets} nets
 */
export function evidenceWords(age, frames, nets) {
  // A range already shows its width.
  if (nets === "baseline") return t("words.rangeEvidence", { count: frames });
  const half = Math.max(1, Math.round((age.high - age.low) / 2));
  return t("words.evidence", { count: frames, years: formatUnit(half, "year", { inWords: true }) });
}

/** @param {AgeReading} age */
function baselineAgeNote(age) {
  const probability = age.ranges?.[age.range];
  if (probability === undefined) return t("words.likeliestRange");
  return t("words.likeliestRangeShare", { percent: percent(probability) });
}

/**
 * One column per range, from young to old; the most likely has the full height.
 *
 * @param {AgeReading} age
 * @returns {{name: string, probability: number, height: number, top: boolean}[]}
 */
export function ageColumns({ range, ranges }) {
  const names = Object.keys(ranges).sort((one, other) => parseInt(one) - parseInt(other));
  const most = Math.max(...Object.values(ranges), 1e-6);
  return names.map((name) => ({ name: rangeWords(name), probability: ranges[name], height: ranges[name] / most, top: name === range }));
}

/**
 * One row per class, in a fixed order, so that cards are easy to compare.
 *
 * @param {EmotionReading} emotion
 * @returns {{name: string, probability: number, top: boolean}[]}
 */
export function emotionRows(emotion) {
  const [names, shares] = emotion.scores ? [EMOTIONS, emotion.scores] : [VALENCES, emotion.valence];
  return names.map((name) => ({ name, probability: shares[name] ?? 0, top: name === emotion.dominant }));
}

/**
 * Whether this is probably something else, which is then left out of summaries.
 *
 * @param {Pick<Face, "unsure">} face
 */
export function isNotAFace({ unsure }) {
  return (unsure ?? []).some(({ reason }) => reason === "not_a_face");
}

/**
 * The title of a card: "Face 2", or "Face 2: not a face?".
 *
 * @param {Face} face
 * @param {number | string | null} number
 */
export function titleWords(face, number) {
  return t(isNotAFace(face) ? "words.titleNotAFace" : "words.title", { number: String(number) });
}

/**
 * The doubts as sentences, grouped by reason.
 *
 * @param {Doubt[]} doubts
 */
export function doubtSentences(doubts) {
  /** @type {Map<Doubt["reason"], string[]>} */
  const byReason = new Map();
  for (const { trait, reason } of doubts) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), t(`labels.trait.${trait}`)]);
  }
  return [...byReason].map(([reason, traits]) => {
    const known = hasMessage(`labels.reason.${reason}`) ? reason : "unknown";
    return t("words.unsure", { reason: t(`labels.reason.${known}`), traits: formatList(traits) });
  });
}

/**
 * The number of a face: in live mode, its track, which it keeps from frame
 * to frame; otherwise, its position in the reading.
 *
 * @param {Face} face
 * @param {number} index
 */
export function faceNumber({ track_id: track }, index) {
  return typeof track === "number" ? track : index + 1;
}

/** @param {number} count */
function faceCountWords(count) {
  return count === 0 ? t("words.noFaces") : t("faces.count", { count });
}

/**
 * "1 face", or "5 of 12 faces".
 *
 * @param {Reading} reading
 */
function foundWords({ faces, faces_found: found = 0 }) {
  if (found > faces.length) return t("words.facesOf", { count: found, part: faces.length });
  return capitalized(faceCountWords(faces.length));
}

/** @param {Size} size in pixels */
export function sizeWords({ width, height }) {
  return `${width} × ${height}`;
}

/** @param {Reading} reading */
export function readingFacts(reading) {
  const facts = [foundWords(reading), t("words.pixels", { size: sizeWords(reading) })];
  const total = reading.processing_ms?.total;
  if (total !== undefined) facts.push(t("words.analyzedIn", { time: formatUnit(Math.max(1, Math.round(total)), "millisecond") }));
  if (reading.rotated_deg) facts.push(t("words.rotated"));
  if (reading.animated) facts.push(t("words.animated"));
  if (reading.truncated) facts.push(t("words.truncated"));
  return facts.join(" · ");
}

/**
 * The texts for a label, from the longest to the shortest useful one.
 *
 * @param {Face} face
 * @param {Nets} nets
 */
export function labelTexts(face, nets) {
  if (isNotAFace(face)) return [t("words.labelNotAFace"), ""];
  const age = ageWords(face.age, nets);
  const gender = genderWords(face.gender.value);
  return [`${age} · ${gender} · ${emotionWords(face.emotion.dominant)}`, `${age} · ${gender}`, age, ""];
}

/**
 * Describes the whole picture for screen readers.
 *
 * @param {Reading} reading
 */
export function pictureWords({ faces, nets }) {
  if (faces.length === 0) return t("words.pictureNoFaces");
  const described = faces.map((face, index) => {
    const number = String(index + 1);
    if (isNotAFace(face)) return t("words.pictureNotAFace", { number });
    const traits = { age: ageWords(face.age, nets), gender: genderWords(face.gender.value), emotion: emotionWords(face.emotion.dominant) };
    return t("words.pictureFace", { count: yearCount(face.age, nets), number, ...traits });
  });
  return t("words.picture", { count: faces.length, faces: described.join("; ") });
}

/**
 * The status of all photos, in one line.
 *
 * @param {{waiting: number, read: number, failed: number, faces: number}} counts
 */
export function statusWords({ waiting, read, failed, faces }) {
  const parts = [];
  if (waiting > 0) parts.push(t("words.photosWaiting", { count: waiting }));
  if (read > 0) parts.push(t("words.photosAnalyzed", { count: read, faces: faceCountWords(faces) }));
  if (failed > 0) parts.push(t("words.photosFailed", { count: failed }));
  return capitalized(parts.join("; "));
}

/**
 * The note that is shown if the server left out smaller faces, and how to get them.
 *
 * @param {Reading} reading
 * @param {number} maxFaces the server's limit; 0 if unknown
 */
export function limitWords({ faces, faces_found: found }, maxFaces) {
  if (found !== undefined) {
    return found > faces.length ? t("words.facesLeftOut", { count: faces.length, found }) : "";
  }
  if (!(maxFaces > 0) || faces.length < maxFaces) return "";
  return t("words.facesMayBeLeftOut", { count: maxFaces });
}
