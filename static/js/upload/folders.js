/**
 * The files in what was dropped or pasted, including those in folders.
 *
 * @typedef {object} Dropped
 * @property {File[]} files
 * @property {number} left how many photos in folders were left out, because there are too many
 * @property {boolean} unread whether something in a folder was left out because it could not be opened
 *
 * @typedef {Dropped & {over: number}} Taken over: how many of all files were left out
 */

import { t } from "../common/i18n.js";

/** At once, at most this many files are added: each is a part of the page, and thousands would block it. */
export const MOST_AT_ONCE = 500;

/** Of dropped folders, at most this many photos are added, and folders inside folders only so deep: links can make a circle. */
export const MOST_FROM_FOLDERS = 100;
const DEEPEST = 20;

// Not "._me.jpg": macOS adds such a file for each photo on a disk that isn't its own.
const PHOTO_NAME = /^(?!\._).*\.(jpe?g|png|webp|avif|hei[cf]|gif|bmp)$/i;

/**
 * Must be called while the event is handled.
 *
 * @param {DataTransferItem[]} items files and folders
 * @returns {Promise<Dropped>} files as they are; from folders, the photos among them by their names
 */
export async function filesIn(items) {
  const entries = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
  const alone = entries.filter(({ entry }) => !entry?.isDirectory).flatMap(({ file }) => file ?? []);
  const folders = entries.flatMap(({ entry }) => (entry?.isDirectory ? [entry] : []));
  const found = await Promise.all(folders.map((folder) => photosIn(folder)));
  const photos = found.flatMap((each) => each.photos);
  const first = photos.slice(0, MOST_FROM_FOLDERS);
  const files = (await Promise.all(first.map(fileOf))).flatMap((file) => file ?? []);
  const unread = found.some((each) => each.unread) || files.length < first.length;
  return { files: [...alone, ...files], left: photos.length - first.length, unread };
}

/**
 * The files that the page takes at once.
 *
 * @param {Dropped} dropped
 * @returns {Taken}
 */
export function taken({ files, ...left }) {
  return { files: files.slice(0, MOST_AT_ONCE), ...left, over: Math.max(0, files.length - MOST_AT_ONCE) };
}

/**
 * The note after a drop: what of it was left out.
 *
 * @param {{count: number, left: number, over: number, unread: boolean}} dropped the numbers of files that were added, and of those left out
 */
export function droppedWords({ count, left, over, unread }) {
  const sentences = [];
  if (left > 0) sentences.push(t("words.photosLeftOut", { count: left, most: MOST_FROM_FOLDERS }));
  if (over > 0) sentences.push(t("words.photosOver", { count: over, most: MOST_AT_ONCE }));
  if (unread) sentences.push(t("words.foldersUnread"));
  else if (count === 0) sentences.push(t("words.noPhotosInFolder"));
  return sentences.join(" ");
}

/**
 * @typedef {object} Found
 * @property {FileSystemFileEntry[]} photos in the order of their names
 * @property {boolean} unread whether a folder could not be opened
 *
 * @param {FileSystemEntry} entry
 * @param {number} [depth]
 * @returns {Promise<Found>}
 */
async function photosIn(entry, depth = 0) {
  if (entry.isFile) return { photos: PHOTO_NAME.test(entry.name) ? [/** @type {FileSystemFileEntry} */ (entry)] : [], unread: false };
  if (depth > DEEPEST) return { photos: [], unread: true };
  const { entries, unread } = await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry));
  entries.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
  const found = { photos: /** @type {FileSystemFileEntry[]} */ ([]), unread };
  for (const each of entries) {
    const inside = await photosIn(each, depth + 1);
    found.photos.push(...inside.photos);
    found.unread ||= inside.unread;
  }
  return found;
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<{entries: FileSystemEntry[], unread: boolean}>}
 */
async function entriesOf(folder) {
  const reader = folder.createReader();
  /** @type {FileSystemEntry[]} */
  const entries = [];
  // Chromium returns at most 100 at a time.
  for (;;) {
    /** @type {FileSystemEntry[] | null} */
    const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve(null)));
    if (!some?.length) return { entries, unread: some === null };
    entries.push(...some);
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File | null>} null where it cannot be read
 */
function fileOf(entry) {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}
