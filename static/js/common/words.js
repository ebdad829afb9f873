/**
 * A reading in plain words. Pure: no page, no network.
 *
 * @import { AgeReading, Doubt, EmotionReading, Face, Nets, Reading } from "./types.js"
 */

export const EMOTIONS = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
export const VALENCES = ["positive", "neutral", "negative"];

/** @type {Record<Doubt["trait"], string>} */
const TRAIT_WORDS = { age: "age", gender: "gender presentation", emotion: "expression" };

/** @type {Record<Doubt["reason"], string>} */
const REASON_WORDS = {
  small: "the face is small",
  blurred: "the face is blurred",
  dark: "the lighting is poor",
  profile: "the face is turned away",
  ambiguous: "no single answer stands out",
};

/** @param {string} text */
export function capitalized(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * A probability as a percentage that never claims certainty.
 *
 * @param {number} probability
 */
export function percent(probability) {
  if (probability >= 0.995) return ">99%";
  if (probability < 0.005) return "<1%";
  return `${Math.round(probability * 100)}%`;
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
 * 0.8 → "8 in 10", 0.95 → "19 in 20", else a percentage.
 *
 * @param {number} share
 */
export function shareWords(share) {
  for (const of of [10, 20]) {
    const count = share * of;
    if (Math.abs(count - Math.round(count)) < 1e-6) return `${Math.round(count)} in ${of}`;
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
  const interval = `Likely ${intervalWords(age)}`;
  if (!age.coverage) return `${interval}.`;
  return `${interval}: a range like this is right for about ${shareWords(age.coverage)} faces.`;
}

/**
 * The evidence for an age that was averaged over frames: "±4 years, from 42 frames".
 *
 * @param {AgeReading} age
 * @param {number} frames
 * @param {Nets} nets
 */
export function evidenceWords(age, frames, nets) {
  const from = `from ${frames === 1 ? "1 frame" : `${frames} frames`}`;
  // A range already shows its width.
  if (nets === "baseline") return `years, ${from}`;
  return `±${Math.max(1, Math.round((age.high - age.low) / 2))} years, ${from}`;
}

/** @param {AgeReading} age */
function baselineAgeNote(age) {
  const probability = age.ranges?.[age.range];
  const confidence = probability === undefined ? "" : ` (${percent(probability)})`;
  return `The most likely of seven age ranges${confidence}.`;
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
 * The doubts as sentences, grouped by reason.
 *
 * @param {Doubt[]} doubts
 */
export function doubtSentences(doubts) {
  /** @type {Map<Doubt["reason"], string[]>} */
  const byReason = new Map();
  for (const { trait, reason } of doubts) {
    const words = TRAIT_WORDS[trait] ?? trait;
    byReason.set(reason, [...(byReason.get(reason) ?? []), words]);
  }
  return [...byReason].map(([reason, traits]) => {
    const because = REASON_WORDS[reason] ?? "the face is hard to read";
    return `Unsure of ${listWords(traits)}: ${because}.`;
  });
}

/** @param {string[]} items */
function listWords(items) {
  return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
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
export function faceCountWords(count) {
  if (count === 0) return "no faces found";
  return count === 1 ? "1 face" : `${count} faces`;
}

/** @param {number} count */
function photoCountWords(count) {
  return count === 1 ? "1 photo" : `${count} photos`;
}

/** @param {Reading} reading */
export function readingFacts(reading) {
  const facts = [capitalized(faceCountWords(reading.faces.length)), `${reading.width} × ${reading.height} px`];
  const total = reading.processing_ms?.total;
  if (total !== undefined) facts.push(`analyzed in ${Math.max(1, Math.round(total))} ms`);
  if (reading.rotated_deg) facts.push("the photo is not upright, so it was turned to analyze the faces");
  if (reading.truncated) facts.push("the file is incomplete, so part of the photo may be missing");
  return facts.join(" · ");
}

/**
 * The texts for a label, from the longest to the shortest useful one.
 *
 * @param {Face} face
 * @param {Nets} nets
 */
export function labelTexts(face, nets) {
  const age = ageWords(face.age, nets);
  const gender = face.gender.value;
  return [`${age} · ${gender} · ${face.emotion.dominant}`, `${age} · ${gender}`, age, ""];
}

/**
 * Describes the whole picture for screen readers.
 *
 * @param {Reading} reading
 */
export function pictureWords(reading) {
  if (reading.faces.length === 0) return "No faces found in the photo";
  const faces = reading.faces.map((face, index) => {
    const age = ageWords(face.age, reading.nets);
    return `face ${index + 1}: looks ${age} years old, ${face.gender.value}, ${face.emotion.dominant}`;
  });
  return `${faceCountWords(faces.length)} marked in the photo; ${faces.join("; ")}`;
}

/**
 * The status of all photos, in one line.
 *
 * @param {{waiting: number, read: number, failed: number, faces: number}} counts
 */
export function statusWords({ waiting, read, failed, faces }) {
  const parts = [];
  if (waiting > 0) parts.push(`analyzing ${photoCountWords(waiting)}…`);
  if (read > 0) parts.push(`${photoCountWords(read)} analyzed, ${faceCountWords(faces)}`);
  if (failed > 0) parts.push(`${photoCountWords(failed)} failed`);
  return capitalized(parts.join("; "));
}

/**
 * The note that is shown if the server may have omitted smaller faces.
 *
 * @param {Reading} reading
 * @param {number} maxFaces
 */
export function limitWords(reading, maxFaces) {
  if (!(maxFaces > 0) || reading.faces.length < maxFaces) return "";
  return `Only the ${maxFaces} largest faces are analyzed. There may be more.`;
}
