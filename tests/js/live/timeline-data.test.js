import assert from "node:assert/strict";
import { test } from "node:test";

import { TimelineData, toColumns } from "../../../static/js/live/timeline-data.js";
import { makeFace, makeReading } from "../readings.js";

/** @param {number[]} tracks */
const reading = (...tracks) => ({ seq: 0, dropped: 0, ...makeReading(tracks.map((track) => makeFace({ track_id: track, frames: 9 }))) });
const LIMITS = { everyMs: 200, samples: 10, tracks: 3 };

test("samples are thinned to so many a second", () => {
  const data = new TimelineData(LIMITS);
  for (let ms = 0; ms < 1000; ms += 50) data.add(reading(1), ms);
  assert.deepEqual(data.samples(1).map(({ timeMs }) => timeMs), [0, 200, 400, 600, 800]);
});

test("memory is bounded in samples and in tracks; those seen least lately go", () => {
  const data = new TimelineData(LIMITS);
  for (let ms = 0; ms < 100_000; ms += 200) data.add(reading(1), ms);
  assert.ok(data.samples(1).length <= 12);
  assert.equal(data.samples(1).at(-1)?.timeMs, 99_800);
  for (const track of [2, 3, 4, 5]) data.add(reading(track), 100_000 + track);
  assert.deepEqual(data.numbers, [3, 4, 5]);
});

test("the CSV has every track's samples in order of time", () => {
  const data = new TimelineData(LIMITS);
  data.add(reading(1, 2), 0);
  data.add(reading(2), 500);
  const [head, ...rows] = data.toCsv().trim().split("\r\n").map((line) => line.split(","));
  assert.deepEqual(rows.map((row) => row[head.indexOf("track")]), ["1", "2", "2"]);
  assert.equal(rows[0][0], "1970-01-01T00:00:00.000Z");
  assert.deepEqual([rows[0][head.indexOf("frames")], rows[0][head.indexOf("valence_positive")], rows[0][head.indexOf("score_anger")]], ["9", "0.91", ""]);
  for (const row of rows) assert.equal(row.length, head.length);
});

test("the charts' lines have gaps where the face was not seen", () => {
  const data = new TimelineData(LIMITS);
  for (const ms of [0, 400, 4400]) data.add(reading(1), ms);
  const [times, ages] = toColumns(data.samples(1), [({ age }) => age.value]);
  assert.deepEqual(times, [-4.4, -4, -2, 0]);
  assert.deepEqual(ages, [36.5, 36.5, null, 36.5]);
});
