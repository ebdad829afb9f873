/**
 * The ways to add photos to the page: choose, take, drop, or paste.
 *
 * @import { Dropped, Taken } from "./folders.js"
 */

import { part } from "../common/dom.js";
import { filesIn, taken } from "./folders.js";

/**
 * @param {HTMLElement} root
 * @param {(files: Taken) => void} onTaken
 */
export function takePhotos(root, onTaken) {
  const onFiles = (/** @type {Dropped} */ dropped) => onTaken(taken(dropped));
  for (const name of ["choose", "camera"]) {
    const input = part(root, name, HTMLInputElement);
    const take = () => {
      const files = [...(input.files ?? [])];
      // Cleared, so that choosing the same file again triggers a change event.
      input.value = "";
      if (files.length > 0) onFiles({ files, left: 0, unread: false });
    };
    input.addEventListener("change", take);
    // What was chosen while this script was still loading.
    take();
  }
  takePasted(onFiles);
  takeDropped(part(root, "drop-veil"), onFiles);
}

/** @param {(dropped: Dropped) => void} onFiles */
function takePasted(onFiles) {
  document.addEventListener("paste", (event) => {
    const items = fileItems(event.clipboardData);
    if (items.length === 0) return;
    event.preventDefault();
    void filesIn(items).then(onFiles);
  });
}

/**
 * The whole page accepts drops, so that nobody has to aim; otherwise, a miss would
 * make the browser navigate to the photo.
 *
 * @param {HTMLElement} veil
 * @param {(dropped: Dropped) => void} onFiles
 */
function takeDropped(veil, onFiles) {
  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  // Every element that the pointer crosses sends an enter and a leave event.
  let depth = 0;
  const enter = (/** @type {number} */ step) => {
    depth = Math.max(0, depth + step);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => carriesFiles(event) && enter(1));
  addEventListener("dragleave", (event) => carriesFiles(event) && enter(-1));
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    enter(-depth);
    // Read now: once the event is over, the browser takes the items away.
    const items = fileItems(event.dataTransfer);
    if (items.length > 0) void filesIn(items).then(onFiles);
  });
}

/** @param {DataTransfer | null} data */
function fileItems(data) {
  return [...(data?.items ?? [])].filter((item) => item.kind === "file");
}
