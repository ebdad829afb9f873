import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { formatBriefly, formatDate, formatList, formatNumber, formatPercent, formatUnit, hasMessage, language, t, useMessages } from "../../../static/js/common/i18n.js";
import { leftWords } from "../../../static/js/common/expiry.js";
import { elementCode } from "../../../static/js/common/embed-code.js";
import { bytesWords } from "../../../static/js/common/problems.js";
import { capitalized, percent } from "../../../static/js/common/words.js";
import { ENGLISH } from "../messages.js";

const FACES = {
  de: { faces_one: "{{count}} Gesicht", faces_other: "{{count}} Gesichter" },
  es: { faces_one: "{{count}} cara", faces_many: "{{count}} de caras", faces_other: "{{count}} caras" },
  pl: { faces_one: "{{count}} twarz", faces_few: "{{count}} twarze", faces_many: "{{count}} twarzy", faces_other: "{{count}} twarzy" },
};
/** Spaces that do not break, as CLDR has them before units. */
const plain = (/** @type {string} */ text) => text.replaceAll(/[\u00a0\u202f]/g, " ");

afterEach(() => useMessages("en", ENGLISH));

test("the count selects the language's plural form", () => {
  const counted = (/** @type {"de" | "es" | "pl"} */ tag, /** @type {number[]} */ ...counts) => {
    useMessages(tag, { group: FACES[tag] });
    return counts.map((count) => t("group.faces", { count }));
  };
  assert.deepEqual(counted("de", 0, 1, 2), ["0 Gesichter", "1 Gesicht", "2 Gesichter"]);
  assert.deepEqual(counted("es", 1, 2), ["1 cara", "2 caras"]);
  assert.match(counted("es", 1_000_000)[0], / de caras$/);
  assert.deepEqual(counted("pl", 1, 2, 4, 5, 12, 22, 25), ["1 twarz", "2 twarze", "4 twarze", "5 twarzy", "12 twarzy", "22 twarze", "25 twarzy"]);
});

test("a plural form that is missing is replaced by the general one", () => {
  useMessages("pl", { faces_one: "{{count}} twarz", faces_other: "{{count}} twarzy" });
  assert.equal(t("faces", { count: 3 }), "3 twarzy");
});

test("values are inserted as text, once, and numbers as the language writes them", () => {
  useMessages("de", { a: { name: "{{name}} in {{place}}", size: "{{size}} Pixel" } });
  assert.equal(t("a.name", { name: "<b>{{place}}</b>", place: "$& & co." }), "<b>{{place}}</b> in $& & co.");
  assert.equal(t("a.size", { size: 1234.5 }), "1.234,5 Pixel");
  assert.equal(t("a.size", { size: "1234" }), "1234 Pixel");
  assert.equal(t("a.name", { name: "x" }), "x in {{place}}");
});

test("a message that is missing shows its key, also where only objects have it", () => {
  useMessages("en", { a: { b: "text" } });
  for (const key of ["a.c", "a", "a.b.c", "a.toString", "constructor.name", ""]) {
    assert.equal(t(key, { count: 1 }), key);
    assert.equal(hasMessage(key), false, key);
  }
  assert.equal(hasMessage("a.b"), true);
});

test("numbers, shares, and sizes are written as in the language", () => {
  const written = () => [formatNumber(1234.5), formatBriefly(4.26), formatBriefly(24.6), formatPercent(0.294), bytesWords(1_500_000), bytesWords(12)].map(plain);
  assert.deepEqual(written(), ["1,234.5", "4.3", "25", "29%", "1.5 MB", "12 bytes"]);
  useMessages("de", {});
  assert.equal(language, "de");
  assert.deepEqual(written(), ["1.234,5", "4,3", "25", "29 %", "1,5 MB", "12 Byte"]);
  assert.equal(plain(formatUnit(1234, "millisecond")), "1234 ms");
});

test("a share that is nearly certain says so in the language's percent", () => {
  useMessages("de", { words: { more: "über {{percent}}", less: "unter {{percent}}" } });
  assert.deepEqual([0.999, 0.001, 0.42].map(percent).map(plain), ["über 99 %", "unter 1 %", "42 %"]);
});

test("durations have the language's plural forms", () => {
  assert.equal(leftWords(3660), "1 hour 1 minute");
  useMessages("pl", {});
  assert.deepEqual([1, 2, 5].map((count) => formatUnit(count, "hour", { inWords: true })).map(plain), ["1 godzina", "2 godziny", "5 godzin"]);
  assert.equal(plain(leftWords(2 * 3600 + 60)), "2 godziny i 1 minuta");
});

test("lists end as in the language", () => {
  assert.deepEqual([["a"], ["a", "b"], ["a", "b", "c"]].map((items) => formatList(items)), ["a", "a and b", "a, b and c"]);
  useMessages("es", {});
  assert.equal(formatList(["edad", "género"]), "edad y género");
});

test("dates are in the language", () => {
  const date = new Date(2026, 0, 31, 18, 5, 9);
  assert.equal(plain(formatDate(date, { timeStyle: "medium" })), "6:05:09 PM");
  useMessages("de", {});
  assert.equal(formatDate(date, { dateStyle: "long", timeStyle: "short" }), "31. Januar 2026 um 18:05");
});

test("dates are those of the visitor's region, if it speaks the page's language", (context) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  context.after(() => (before ? Object.defineProperty(globalThis, "navigator", before) : Reflect.deleteProperty(globalThis, "navigator")));
  const inRegions = (/** @type {string[]} */ languages) => {
    Object.defineProperty(globalThis, "navigator", { value: { languages }, configurable: true });
    return plain(formatDate(new Date(2026, 0, 31, 18, 5), { dateStyle: "short", timeStyle: "short" }));
  };
  assert.equal(inRegions(["de-DE", "en-GB", "en"]), "31/01/2026, 18:05");
  assert.equal(inRegions(["de-DE"]), "1/31/26, 6:05 PM");
});

test("capital letters are those of the language", () => {
  useMessages("pl", {});
  assert.equal(capitalized("żadna"), "Żadna");
});

test("code for other sites has the words of the page's language, escaped, and leaves theirs to them", () => {
  useMessages("de", { embedCode: { title: 'Gesichter & "Fotos"' } });
  const code = elementCode("https://faces.example/results/a");
  assert.match(code, /<facetraits-result src="[^"]+">/);
  assert.match(code, />Gesichter &amp; &quot;Fotos&quot;</);
});
