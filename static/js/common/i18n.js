/**
 * The page's language: its messages, and its way to write numbers, units, dates, and lists.
 *
 * Messages are in the format of i18next, version 4: nested sections, `{{name}}` where a value goes,
 * and, for a message with a `count`, one key for each plural form, such as `faces_one` and `faces_other`.
 *
 * @typedef {{[key: string]: string | Messages}} Messages
 */

/** Also what the page is in if its own messages can't be loaded. */
const ENGLISH = { language: "en", address: new URL("../../locales/en.json", import.meta.url).href };

/** The language tag of the page. */
export let language = ENGLISH.language;
/** @type {Messages} */
let messages = {};
let plurals = new Intl.PluralRules(language);
/** @type {Map<string, Intl.NumberFormat>} */
const numberFormats = new Map();

/**
 * Sets the language of everything that is written from now on.
 *
 * @param {string} tag
 * @param {Messages} catalog of that language
 */
export function useMessages(tag, catalog) {
  language = tag;
  messages = catalog;
  plurals = new Intl.PluralRules(tag);
  numberFormats.clear();
}

/**
 * A message with its values. They are inserted as they are, so the result is text and not HTML.
 *
 * @param {string} key such as "words.faces"
 * @param {Record<string, string | number>} [values] numbers are written as the language does;
 *   those that only name something, such as the number of a face, have to be strings
 * @returns {string} the key itself if there is no such message, so that the mistake can be seen
 */
export function t(key, values = {}) {
  const text = pluralAt(key, values.count) ?? textAt(key) ?? key;
  return text.replaceAll(/\{\{(\w+)\}\}/g, (placeholder, name) => {
    if (!Object.hasOwn(values, name)) return placeholder;
    const value = values[name];
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

/**
 * Whether there is such a message, for keys that depend on what the server sends.
 *
 * @param {string} key
 */
export function hasMessage(key) {
  return textAt(key) !== undefined;
}

/**
 * @param {string} key
 * @param {unknown} count
 */
function pluralAt(key, count) {
  if (typeof count !== "number") return undefined;
  return textAt(`${key}_${plurals.select(count)}`) ?? textAt(`${key}_other`);
}

/** @param {string} key */
function textAt(key) {
  /** @type {string | Messages} */
  let place = messages;
  for (const name of key.split(".")) {
    if (typeof place === "string" || !Object.hasOwn(place, name)) return undefined;
    place = place[name];
  }
  return typeof place === "string" ? place : undefined;
}

/**
 * @param {number} value
 * @param {number} [digits] exactly as many after the decimal separator; at most three by default
 */
export function formatNumber(value, digits) {
  return numberFormat(fraction(digits)).format(value);
}

/**
 * A number with one digit after the decimal separator if it is less than 10: "4.3", "25".
 *
 * @param {number} value
 */
export function formatBriefly(value) {
  return formatNumber(value, value < 9.95 ? 1 : 0);
}

/**
 * @param {number} share 0..1
 * @returns {string} in whole percent
 */
export function formatPercent(share) {
  return numberFormat({ style: "percent" }).format(Math.round(share * 100) / 100);
}

/**
 * A measured value: "14 ms", or in words, "24 hours".
 *
 * @param {number} value
 * @param {"byte" | "kilobyte" | "megabyte" | "gigabyte" | "millisecond" | "second" | "minute" | "hour" | "day" | "year"} unit
 * @param {{inWords?: boolean, digits?: number}} [options]
 */
export function formatUnit(value, unit, { inWords = false, digits } = {}) {
  return numberFormat({ style: "unit", unit, unitDisplay: inWords ? "long" : "short", useGrouping: inWords, ...fraction(digits) }).format(value);
}

/**
 * "one, two and three", or for the parts of a measured value, "1 hour 5 minutes".
 *
 * @param {string[]} items
 * @param {"conjunction" | "unit"} [type]
 */
export function formatList(items, type = "conjunction") {
  // American English would add a comma before "and", which the texts around the lists don't.
  const tag = language.startsWith("en") ? "en-001" : language;
  return new Intl.ListFormat(tag, { type, style: type === "unit" ? "narrow" : "long" }).format(items);
}

/**
 * A date or time. Where visitors have a region for the page's language, it is written as there: in
 * English, for example, Britain has another order and clock than the United States.
 *
 * @param {Date} date
 * @param {Intl.DateTimeFormatOptions} options
 */
export function formatDate(date, options) {
  const preferred = typeof navigator === "undefined" ? [] : navigator.languages ?? [];
  const tag = preferred.find((each) => each.split("-")[0] === language) ?? language;
  return new Intl.DateTimeFormat(tag, options).format(date);
}

/**
 * Formats are kept, because the live page writes dozens of numbers per second.
 *
 * @param {Intl.NumberFormatOptions} options
 */
function numberFormat(options) {
  const key = JSON.stringify(options);
  const format = numberFormats.get(key) ?? new Intl.NumberFormat(language, options);
  numberFormats.set(key, format);
  return format;
}

/**
 * @param {number | undefined} digits
 * @returns {Intl.NumberFormatOptions}
 */
function fraction(digits) {
  return digits === undefined ? {} : { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

/**
 * Loads the messages that the page names. Without them, a page in English is better than none.
 *
 * @param {HTMLElement} page
 */
async function loadMessages({ lang, dataset }) {
  const own = await fetchMessages(dataset.messages ?? ENGLISH.address);
  if (own) useMessages(lang || ENGLISH.language, own);
  else useMessages(ENGLISH.language, (await fetchMessages(ENGLISH.address)) ?? {});
}

/**
 * @param {string} address
 * @returns {Promise<Messages | null>} null if they can't be loaded
 */
async function fetchMessages(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

// Other modules begin once the messages are there. Tests outside of a browser bring their own.
if (typeof document !== "undefined") await loadMessages(document.documentElement);
