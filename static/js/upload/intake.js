/**
 * The ways to add photos to the page: choose, take, drop, or paste.
 */

import { part } from "../common/dom.js";

/**
 * @param {HTMLElement} root
 * @param {(files: File[]) => void} onFiles
 */
export function takePhotos(root, onFiles) {
  for (const name of ["choose", "camera"]) {
    const input = part(root, name, HTMLInputElement);
    input.addEventListener("change", () => {
      const files = [...(input.files ?? [])];
      // Cleared, so that choosing the same file again triggers a change event.
      input.value = "";
      if (files.length > 0) onFiles(files);
    });
  }
  takePasted(onFiles);
  takeDropped(part(root, "drop-veil"), onFiles);
}

/** @param {(files: File[]) => void} onFiles */
function takePasted(onFiles) {
  document.addEventListener("paste", (event) => {
    const files = filesIn(event.clipboardData);
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
}

/**
 * The whole page accepts drops, so that nobody has to aim; otherwise, a miss would
 * make the browser navigate to the photo.
 *
 * @param {HTMLElement} veil
 * @param {(files: File[]) => void} onFiles
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
    const files = filesIn(event.dataTransfer);
    if (files.length > 0) onFiles(files);
  });
}

/**
 * The files that were dropped or pasted, without folders, which cannot be sent.
 *
 * @param {DataTransfer | null} data
 * @returns {File[]}
 */
function filesIn(data) {
  const items = [...(data?.items ?? [])].filter((item) => item.kind === "file");
  return items
    .filter((item) => !item.webkitGetAsEntry?.()?.isDirectory)
    .map((item) => item.getAsFile())
    .filter((file) => file !== null);
}
