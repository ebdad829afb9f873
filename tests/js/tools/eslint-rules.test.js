import { test } from "node:test";

import { RuleTester } from "eslint";

import { bareText, knownMessage } from "../../../tools/eslint-rules.js";

const tester = new RuleTester();
/** @param {string[]} codes */
const bare = (...codes) => codes.map((code) => ({ code, errors: [{ messageId: "bare" }] }));

test("words in the code are found", () => {
  tester.run("bare-text", bareText, {
    valid: [
      't("words.faces", { count: 2 });',
      'import { a } from "./Some file.js";',
      'throw new RangeError("The index is out of range");',
      'if (event.key === "Escape") stop();',
      'const headers = { "Retry after": 1, Accept: "text/html" };',
      'element.textContent = "–"; element.className = "card"; element.textContent = `${a} × ${b}`;',
      'element.setAttribute("aria-controls", "card");',
      'new Option(name, "happiness");',
      { code: 'types.includes("Files");', options: [{ allow: ["Files"] }] },
    ],
    invalid: bare(
      'say("No faces found");',
      'const words = { title: "Canceled" };',
      "say(`Face ${number}: not a face?`);",
      'say("Canceling…");',
      'element.textContent = done ? "copied" : words;',
      'element.setAttribute("aria-label", "faces");',
      'setText(part(root, "status"), "ready");',
      'new Option("happiness", name);',
      't("words.title", { number: "not a number" });',
    ),
  });
});

test("messages exist and get the values that they need", () => {
  const options = [{ words: { faces_one: "{{count}} face", faces_other: "{{count}} faces", title: "Face {{number}}", none: "no face", left_one: "one", left_other: "some" } }];
  const fault = (/** @type {string} */ code, /** @type {string} */ messageId) => ({ code, options, errors: [{ messageId }] });
  tester.run("known-message", knownMessage, {
    valid: [
      't("words.faces", { count });', 't("words.left", { count: 2 });', 't("words.none");', 't("words.title", { number: "1" });',
      't("words.title", values);', 't("words.title", { ...values });', 't(some ? "words.none" : "words.title", values);', "t(`words.${name}`);", "hasMessage(`words.${name}`);",
    ].map((code) => ({ code, options })),
    invalid: [
      fault('t("words.nothing");', "unknown"),
      fault("t(`nothing.${name}`);", "unknown"),
      fault('t(some ? "words.none" : "words.nothing");', "unknown"),
      fault("t(key);", "hidden"),
      fault("t(`${section}.title`);", "hidden"),
      fault('t("words.faces");', "values"),
      fault('t("words.left", { number: 1 });', "values"),
      fault('t("words.title", {});', "values"),
      fault('t("words.none", { count: 1 });', "values"),
    ],
  });
});
