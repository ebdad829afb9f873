import assert from "node:assert/strict";
import { test } from "node:test";

import { readAnswer } from "../../../static/js/common/api.js";
import { elementCode, frameCode } from "../../../static/js/common/embed-code.js";
import { leftWords, spanWords } from "../../../static/js/common/expiry.js";
import { parentOrigin } from "../../../static/js/embed/parent-frame.js";
import { Problem, problemWords } from "../../../static/js/common/problems.js";
import { ageColumns } from "../../../static/js/common/words.js";
import { makeFace } from "../readings.js";

const URL_OF_RESULT = "https://faces.example/results/aB3";

test("how long results are kept, in the largest unit that says it exactly", () => {
  assert.deepEqual([60, 90, 3600, 86_400, 604_800, 172_800 + 3600].map(spanWords), ["1 minute", "90 seconds", "1 hour", "24 hours", "7 days", "49 hours"]);
});

test("what is left, in two units at most, and never below nothing", () => {
  const texts = [86_399, 86_400, 90_000, 3601, 61, 1, 0.4, -5].map(leftWords);
  assert.deepEqual(texts, ["23 hours 59 minutes", "1 day", "1 day 1 hour", "1 hour", "1 minute 1 second", "1 second", "0 seconds", "0 seconds"]);
});

test("the element's code is three lines, with a link for those without scripts", () => {
  const lines = elementCode(URL_OF_RESULT).split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0], '<script type="module" src="https://faces.example/embed.js"></script>');
  assert.equal(lines[1], `<facetraits-result src="${URL_OF_RESULT}">`);
  assert.match(elementCode(URL_OF_RESULT, { theme: "dark", show: ["chart"] }), /src="[^"]+" theme="dark" show="chart">/);
  assert.doesNotMatch(elementCode(URL_OF_RESULT, { theme: "auto", show: ["picture", "cards"] }), /theme|show/);
});

test("the frame's code names the embed and can break out of no attribute", () => {
  assert.match(frameCode(URL_OF_RESULT, { theme: "dark", show: ["cards", "chart"] }), /src="https:\/\/faces\.example\/embed\/aB3\?theme=dark&amp;show=cards,chart"/);
  assert.doesNotMatch(elementCode('https://faces.example/results/a"><b'), /"><b/);
});

test("the host is whom the browser names, then whom the element names, then the referrer", () => {
  const known = { ancestors: ["https://a.example", "https://top.example"], hash: "#parent=https%3A%2F%2Fb.example", referrer: "https://c.example/page" };
  assert.equal(parentOrigin(known), "https://a.example");
  assert.equal(parentOrigin({ ...known, ancestors: undefined }), "https://b.example");
  assert.equal(parentOrigin({ hash: "", referrer: known.referrer }), "https://c.example");
  // Of an opaque origin there is no address: then nothing is told to anybody.
  assert.equal(parentOrigin({ ancestors: ["null"], hash: "#parent=*", referrer: "" }), "");
});

test("what a server without room says is said in plain words", () => {
  const body = JSON.stringify({ code: "storage_full", request_id: "id", detail: "full" });
  const problem = readAnswer(507, body, null, () => true);
  assert.ok(problem instanceof Problem);
  assert.match(problemWords(problem, { maxBytes: 0, formats: "" }).title, /no space/);
  assert.deepEqual([problem.detail, problem.requestId], ["full", "id"]);
});

test("what a proxy says is not taken for the server's words", () => {
  const nginx = "<html><h1>413 Request Entity Too Large</h1></html>";
  const limits = { maxBytes: 20_000_000, formats: "JPEG" };
  for (const [status, code] of /** @type {const} */ ([[401, "proxy_login"], [403, "proxy_forbidden"], [413, "proxy_too_large"], [429, "rate_limited"], [502, "proxy_unavailable"], [504, "timeout"]])) {
    for (const body of [nginx, "", '{"message": "no"}', '{"code": 1013}', '{"code": "blocked"}']) {
      const problem = readAnswer(status, body, null, () => true);
      assert.equal(problem.code, code);
      assert.doesNotMatch(Object.values(problemWords(problem, limits)).join(" "), /20 MB|private link|reference|another photo/);
    }
  }
  assert.ok(readAnswer(403, nginx, null, () => true).retryable);
  assert.ok(!readAnswer(413, nginx, null, () => true).retryable);
});

test("an answer that is not the one awaited is no answer", () => {
  assert.equal(readAnswer(201, '{"id": "a"}', null, (body) => typeof body.url === "string").code, "bad_answer");
  assert.deepEqual(readAnswer(201, '{"url": "u"}', null, (body) => typeof body.url === "string"), { url: "u" });
});

test("age's columns go from young to old, the likeliest as high as there is room", () => {
  const ranges = { "66-116": 0.1, "28-45": 0.6, "1-2": 0.3 };
  const columns = ageColumns({ ...makeFace().age, ranges, range: "28-45" });
  assert.deepEqual(columns.map(({ name, top }) => [name, top]), [["1–2", false], ["28–45", true], ["66+", false]]);
  assert.deepEqual(columns.map(({ height }) => height), [0.5, 1, 0.1 / 0.6]);
});

