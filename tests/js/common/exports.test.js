import assert from "node:assert/strict";
import { test } from "node:test";

import { CSV_COLUMNS, csvCell, exportName, shrinkFactor, toCsv, toJson } from "../../../static/js/common/exports.js";
import { makeFace, makeReading } from "../readings.js";

test("a CSV has a header and a row a face, each ended as RFC 4180 has it", () => {
  const lines = toCsv([{ file: "a.jpg", reading: makeReading([makeFace(), makeFace()]) }]).split("\r\n");
  assert.equal(lines[0], CSV_COLUMNS.join(","));
  assert.equal(lines[1], "a.jpg,1,64,48,128,240,0.98,36.5,28,45,28-45,female,0.97,positive,0.91,age:ambiguous");
  assert.equal(lines[2].slice(0, 8), "a.jpg,2,");
  assert.equal(lines.length, 4);
});

test("cells are quoted where they must be, and formulas defused", () => {
  assert.equal(csvCell('say "hi", you'), '"say ""hi"", you"');
  assert.equal(csvCell("=HYPERLINK()"), "'=HYPERLINK()");
  assert.equal(csvCell(-3), "-3");
});

test("one reading is an object, several are a list", () => {
  const named = { file: "a.jpg", reading: makeReading() };
  assert.equal(JSON.parse(toJson([named])).file, "a.jpg");
  assert.equal(JSON.parse(toJson([named, named])).readings.length, 2);
});

test("names of downloads are safe on every system", () => {
  assert.equal(exportName("Me & you.JPG", "csv"), "Me & you-faces.csv");
  assert.equal(exportName("../a:b.png", "png").includes("/"), false);
  assert.equal(exportName(".jpg", "json"), "photo-faces.json");
});

test("a picture is never enlarged, and shrinks to the pixels allowed", () => {
  assert.equal(shrinkFactor(100, 100, 1e6), 1);
  assert.equal(shrinkFactor(2000, 2000, 1e6), 0.5);
});
