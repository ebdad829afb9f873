/**
 * Checks and previews photos before they are sent.
 *
 * @typedef {{name: string, type: string, size: number}} FileFacts
 */

import { t } from "../common/i18n.js";
import { Problem } from "../common/problems.js";
import { isWebp, upright, webpOrientation } from "./orientation.js";

/** @type {Record<string, string>} */
const TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", png: "image/png", webp: "image/webp", avif: "image/avif",
  heic: "image/heic", heif: "image/heic", gif: "image/gif", bmp: "image/bmp",
};

// An animated PNG is marked before its pixels but after its color profile.
const HEAD_BYTES = 65_536;
const WEBP_MOVES = 0x02;

/** @param {string} name */
function extensionOf(name) {
  return name.split(".").at(-1)?.toLowerCase() ?? "";
}

/**
 * Rejects files that the server would reject, before they are sent. If in doubt, accepts
 * the file: for example, Windows gives HEIC files no type.
 *
 * @param {FileFacts} file
 * @param {{accept: string, maxBytes: number}} limits
 * @returns {Problem | null}
 */
export function checkFile({ name, type, size }, { accept, maxBytes }) {
  if (size === 0) return new Problem({ code: "bad_image", detail: t("photos.empty") });
  if (maxBytes > 0 && size > maxBytes) return new Problem({ code: "too_large" });
  const accepted = accept.split(",").map((part) => part.trim().toLowerCase());
  const known = type || TYPES[extensionOf(name)] || "";
  if (known === "" || accepted.includes(known) || accepted.includes(`.${extensionOf(name)}`)) return null;
  if (known === "image/heif" && accepted.includes("image/heic")) return null;
  return new Problem({ code: "unsupported_type" });
}

/**
 * Whether a picture may be animated, by its first bytes: any GIF may be; others are marked.
 *
 * @param {Uint8Array} head
 */
export function mayMove(head) {
  const text = new TextDecoder("latin1").decode(head);
  const [form, kind] = [text.slice(0, 4), text.slice(8, 12)];
  if (form === "GIF8") return true;
  if (form.endsWith("PNG")) return text.split("IDAT")[0].includes("acTL");
  if (form === "RIFF" && kind === "WEBP") return text.slice(12, 16) === "VP8X" && (head[20] & WEBP_MOVES) !== 0;
  return text.slice(4, 8) === "ftyp" && kind === "avis";
}

/**
 * An address at which the browser can show a file, until it is released: the browser keeps the whole
 * file for it. Of one that moves it is the first frame, the one that the server reads: the boxes
 * must not float over another. A WebP is turned by its EXIF block, which the server does and
 * browsers do not.
 */
export class Preview {
  /** @param {File} file */
  constructor(file) {
    this.file = file;
    this.released = false;
    /** @type {Promise<string> | undefined} */
    this.made = undefined;
  }

  /** @returns {Promise<string>} each time the same, "" where it was released before it was made */
  address() {
    this.made ??= this.make();
    return this.made;
  }

  async make() {
    const picture = (await firstFrame(this.file)) ?? this.file;
    // Whoever removes a photo does not wait for its preview.
    return this.released ? "" : URL.createObjectURL(picture);
  }

  release() {
    this.released = true;
    void this.made?.then((address) => URL.revokeObjectURL(address));
  }
}

/**
 * @param {Blob} file
 * @returns {Promise<Blob | null>} null if the file itself can be used
 */
async function firstFrame(file) {
  try {
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    const orientation = isWebp(head) ? webpOrientation(new Uint8Array(await file.arrayBuffer())) : 1;
    if (orientation === 1 && !mayMove(head)) return null;
    return await drawn(await createImageBitmap(file), orientation);
  } catch {
    return null;
  }
}

/**
 * @param {ImageBitmap} bitmap which is closed
 * @param {number} orientation
 * @returns {Promise<Blob | null>} a PNG of it, upright
 */
function drawn(bitmap, orientation) {
  const canvas = document.createElement("canvas");
  const { width, height, transform } = upright(orientation, bitmap.width, bitmap.height);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  context?.setTransform(...transform);
  context?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob(resolve));
}
