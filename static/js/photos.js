/**
 * Checks and previews of photos before they are sent.
 *
 * @typedef {{name: string, type: string, size: number}} FileFacts
 */

import { Problem } from "./problems.js";

/** @type {Record<string, string>} */
const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", avif: "image/avif",
  heic: "image/heic", heif: "image/heic", gif: "image/gif", bmp: "image/bmp",
};

/** @param {string} name */
function extensionOf(name) {
  return name.split(".").at(-1)?.toLowerCase() ?? "";
}

/**
 * Refuses what the server would refuse, before it is sent. In doubt it lets the
 * file pass: Windows, for one, gives HEIC files no type.
 *
 * @param {FileFacts} file
 * @param {{accept: string, maxBytes: number}} limits
 * @returns {Problem | null}
 */
export function checkFile({ name, type, size }, { accept, maxBytes }) {
  if (size === 0) return new Problem({ code: "bad_image", detail: "The file is empty." });
  if (maxBytes > 0 && size > maxBytes) return new Problem({ code: "too_large" });
  const accepted = accept.split(",").map((part) => part.trim().toLowerCase());
  const known = type || TYPES[extensionOf(name)] || "";
  if (known === "" || accepted.includes(known) || accepted.includes(`.${extensionOf(name)}`)) return null;
  if (known === "image/heif" && accepted.includes("image/heic")) return null;
  return new Problem({ code: "unsupported_type" });
}

/**
 * An address at which the browser can show the file. Of a GIF it is the first
 * frame, the one that the server reads: the boxes must not float over another.
 *
 * @param {File} file
 * @returns {Promise<string>} to be revoked
 */
export async function previewAddress(file) {
  const still = file.type === "image/gif" ? await firstFrame(file) : null;
  return URL.createObjectURL(still ?? file);
}

/**
 * @param {Blob} file
 * @returns {Promise<Blob | null>}
 */
async function firstFrame(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
    return await new Promise((resolve) => canvas.toBlob(resolve));
  } catch {
    return null;
  }
}
