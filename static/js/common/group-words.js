/**
 * The texts about many faces at once. Pure.
 *
 * @import { Face, Nets } from "./types.js"
 * @import { Summary } from "./group.js"
 */

import { formatBriefly, formatList, t } from "./i18n.js";
import { intervalWords, rangeWords, TRAITS } from "./words.js";

/**
 * The interval of an age; the baseline nets' age is already a range.
 *
 * @param {Face["age"]} age
 * @param {Nets} nets
 */
export function tileInterval(age, nets) {
  return nets === "baseline" ? "" : intervalWords(age);
}

/**
 * The doubts about a face in a few words: "Unsure: age".
 *
 * @param {Face["unsure"]} unsure
 */
export function tileDoubt(unsure) {
  const reasons = unsure.map(({ reason }) => /** @type {string} */ (reason));
  if (reasons.includes("not_a_face")) return t("groupWords.notAFace");
  const traits = [...new Set(unsure.map(({ trait }) => trait))];
  if (traits.length === 0) return "";
  if (traits.length === TRAITS.length) return t("groupWords.unsureOfAll");
  return t("groupWords.unsure", { traits: formatList(traits.map((trait) => t(`labels.traitShort.${trait}`))) });
}

/**
 * What the summary leaves out.
 *
 * @param {Summary} summary
 * @param {number} count of all faces
 */
export function leftOutWords({ left }, count) {
  const ages = left.ages > 0 ? [t("groupWords.leftOutOfAges", { total: count, left: left.ages })] : [];
  const expressions = left.expressions > 0 ? [t("groupWords.leftOutOfExpressions", { total: count, left: left.expressions })] : [];
  const parts = [...ages, ...expressions];
  return parts.length === 0 ? t("groupWords.fromAll", { count }) : t("groupWords.leftOut", { parts: formatList(parts) });
}

/**
 * One column of the age histogram for screen readers and as a tooltip.
 *
 * @param {Summary["ages"][number]} bar
 */
export function ageBarWords({ range, expected, spread }) {
  return t("groupWords.ageBar", { range: rangeWords(range), expected: formatBriefly(expected), spread: formatBriefly(spread) });
}

/**
 * How many of the faces are listed.
 *
 * @param {number} listed
 * @param {number} count
 */
export function listedWords(listed, count) {
  if (listed === count) return t("faces.count", { count });
  return listed === 0 ? t("groupWords.noneListed", { count }) : t("words.facesOf", { count, part: listed });
}
