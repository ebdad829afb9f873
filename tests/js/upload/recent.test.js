import assert from "node:assert/strict";
import { test } from "node:test";

import { RecentReadings, recentId } from "../../../static/js/upload/recent.js";
import { droppedWords } from "../../../static/js/upload/folders.js";
import { makeReading } from "../readings.js";

/**
 * A tab's storage with room for so many characters.
 *
 * @param {number} room
 */
function storage(room = Infinity) {
  /** @type {Map<string, string>} */
  const items = new Map();
  const used = () => [...items.values()].reduce((sum, text) => sum + text.length, 0);
  return /** @type {any} */ ({
    get length() { return items.size; },
    key: (/** @type {number} */ index) => [...items.keys()][index] ?? null,
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => {
      if (used() - (items.get(key)?.length ?? 0) + text.length > room) throw new Error("QuotaExceededError");
      items.set(key, text);
    },
    removeItem: (/** @type {string} */ key) => items.delete(key),
  });
}

/** @param {number} number */
const recent = (number) => ({ id: recentId(1000 + number, number), name: `${number}.jpg`, reading: makeReading(), picture: "x".repeat(1000) });
const names = (/** @type {RecentReadings} */ recents) => recents.all().map(({ name }) => name);

test("the newest reading comes first, and what is removed is gone", () => {
  const tab = storage();
  tab.setItem("facetraits-delete-aB3", "of another page");
  const recents = new RecentReadings(() => tab);
  for (const number of [1, 2, 10]) recents.put(recent(number));
  assert.deepEqual(names(recents), ["10.jpg", "2.jpg", "1.jpg"]);
  recents.remove(recent(2).id);
  assert.deepEqual(names(new RecentReadings(() => tab)), ["10.jpg", "1.jpg"]);
  assert.equal(tab.getItem("facetraits-delete-aB3"), "of another page");
});

test("where there is no room, the oldest make room; one that never fits is not kept", () => {
  const one = JSON.stringify(recent(1)).length;
  const recents = new RecentReadings(() => storage());
  recents.storage = storage(2 * one + 10);
  for (const number of [1, 2, 3]) recents.put(recent(number));
  assert.deepEqual(names(recents), ["3.jpg", "2.jpg"]);
  recents.put({ ...recent(4), picture: "x".repeat(10_000) });
  assert.deepEqual(names(recents), []);
});

test("what is damaged is skipped, and without a storage nothing is kept", () => {
  const tab = storage();
  tab.setItem("facetraits-recent-1", "{");
  assert.deepEqual(names(new RecentReadings(() => tab)), []);
  const none = new RecentReadings(() => { throw new Error("SecurityError"); });
  none.put(recent(1));
  none.remove("1");
  assert.deepEqual(names(none), []);
});

test("a drop says what was left out", () => {
  assert.equal(droppedWords({ count: 3, left: 0, over: 0, unread: false }), "");
  assert.match(droppedWords({ count: 100, left: 12, over: 0, unread: false }), /first 100 photos.*12 were left out/);
  assert.match(droppedWords({ count: 0, left: 0, over: 0, unread: false }), /no photos/);
  assert.match(droppedWords({ count: 0, left: 0, over: 0, unread: true }), /^Some files or folders couldn't be opened/);
  assert.match(droppedWords({ count: 500, left: 0, over: 1, unread: false }), /^Only 500 photos .* 1 was left out\.$/);
});
