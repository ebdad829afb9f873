import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_AT_ONCE, MOST_FROM_FOLDERS, filesIn, taken } from "../../../static/js/upload/folders.js";

/** @param {string} name */
const file = (name) => ({ isFile: true, isDirectory: false, name, file: (/** @type {(file: File) => void} */ give) => give(new File(["x"], name)) });

/**
 * A folder that gives its entries in parts, as Chromium does.
 *
 * @param {string} name
 * @param {object[]} entries
 */
function folder(name, entries) {
  const parts = [entries.slice(0, 2), entries.slice(2), []];
  return { isFile: false, isDirectory: true, name, createReader: () => ({ readEntries: (/** @type {(some: object[]) => void} */ give) => give(parts.shift() ?? []) }) };
}

/** @param {any} entry */
const item = (entry, given = null) => /** @type {DataTransferItem} */ (/** @type {unknown} */ ({ webkitGetAsEntry: () => entry, getAsFile: () => given }));
const names = (/** @type {File[]} */ files) => files.map(({ name }) => name);

test("photos in folders are found, in the order of their names; other files there are not", async () => {
  const inner = folder("b", [file("2.PNG"), file("notes.txt"), file("10.heic")]);
  const outer = folder("a", [inner, file("z.jpg"), file("a.webp"), file(".DS_Store"), file("._z.jpg")]);
  const { files, left, unread } = await filesIn([item(outer)]);
  assert.deepEqual(names(files), ["a.webp", "2.PNG", "10.heic", "z.jpg"]);
  assert.deepEqual([left, unread], [0, false]);
});

test("files that were dropped themselves are taken whatever they are called", async () => {
  const { files } = await filesIn([item(file("notes.txt"), /** @type {any} */ (new File(["x"], "notes.txt"))), item(null, /** @type {any} */ (new File(["x"], "pasted.png")))]);
  assert.deepEqual(names(files), ["notes.txt", "pasted.png"]);
});

test("of large folders the first photos are taken, and the others are counted", async () => {
  const { files, left } = await filesIn([item(folder("many", Array.from({ length: MOST_FROM_FOLDERS + 5 }, (_, index) => file(`${index}.jpg`))))]);
  assert.deepEqual([files.length, left], [MOST_FROM_FOLDERS, 5]);
});

test("however many files come at once, the page takes only some of them", () => {
  const files = Array.from({ length: MOST_AT_ONCE + 3 }, (_, index) => new File(["x"], `${index}.jpg`));
  const first = taken({ files, left: 4, unread: false });
  assert.deepEqual([first.files.length, first.left, first.over], [MOST_AT_ONCE, 4, 3]);
  assert.deepEqual(taken({ files: files.slice(0, 2), left: 0, unread: false }).over, 0);
});

test("photos deep in folders are found, too", async () => {
  let entry = folder("15", [file("deep.jpg")]);
  for (let depth = 14; depth > 0; depth -= 1) entry = folder(`${depth}`, [entry]);
  assert.deepEqual(names((await filesIn([item(entry)])).files), ["deep.jpg"]);
});

test("what can't be opened is left out, and the page says so", async () => {
  /** @type {any} */
  const endless = { isDirectory: true, name: "loop", createReader: () => {
    let given = false;
    return { readEntries: (/** @type {(some: object[]) => void} */ give) => { give(given ? [] : [endless]); given = true; } };
  } };
  const locked = { isDirectory: true, name: "locked", createReader: () => ({ readEntries: (/** @type {unknown} */ _, /** @type {() => void} */ fail) => fail() }) };
  /** @type {any} */
  const gone = { ...file("gone.jpg"), file: (/** @type {unknown} */ _, /** @type {() => void} */ fail) => fail() };
  for (const entry of [endless, locked, folder("half", [gone])]) {
    assert.deepEqual(await filesIn([item(folder("all", [file("a.jpg"), entry]))]).then(({ files, ...left }) => [names(files), left]), [["a.jpg"], { left: 0, unread: true }]);
  }
});
