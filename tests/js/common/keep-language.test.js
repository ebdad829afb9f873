import assert from "node:assert/strict";
import { test } from "node:test";

import { inChosenLanguage } from "../../../static/js/common/keep-language.js";

const VIDEO = "https://faces.example/videos/abc#delete=xyz";

test("a link has the language that was chosen for the page", () => {
  assert.equal(inChosenLanguage(VIDEO, "?lang=de&x=1"), "https://faces.example/videos/abc?lang=de#delete=xyz");
  assert.equal(inChosenLanguage("https://faces.example/demo?result=a%26b", "?lang=pl"), "https://faces.example/demo?result=a%26b&lang=pl");
});

test("where none was chosen, the browser's language decides there, too", () => {
  assert.equal(inChosenLanguage(VIDEO, ""), VIDEO);
  assert.equal(inChosenLanguage(VIDEO, "?lang="), VIDEO);
});
