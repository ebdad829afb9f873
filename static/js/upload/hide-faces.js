/** Hides the faces in an uploaded photo, and downloads the result. */

import { sendForAnonymizing } from "../common/api.js";
import { cloneTemplate, part, setText, showBusy, showText } from "../common/dom.js";
import { safeStem, save } from "../common/exports.js";
import { t } from "../common/i18n.js";
import { problemLine } from "../common/problems.js";
import { titleWords } from "../common/words.js";

/** @type {Record<string, string>} */
const EXTENSIONS = { "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp" };

export class HideFaces {
  /**
   * @param {File} photo
   * @param {import("../common/types.js").Face[]} faces of its reading
   * @param {{url: string, limits: import("../common/problems.js").Limits}} options
   */
  constructor(photo, faces, { url, limits }) {
    this.photo = photo;
    this.url = url;
    this.limits = limits;
    this.root = cloneTemplate("hide-faces-template");
    this.style = part(this.root, "hide-style", HTMLSelectElement);
    this.button = part(this.root, "hide-faces", HTMLButtonElement);
    this.button.addEventListener("click", () => void this.hide());
    this.sending = false;
    this.boxes = faces.map(createChoice);
    this.offerChoice();
  }

  /** One face is hidden or nothing is, so there is no choice. */
  offerChoice() {
    if (this.boxes.length < 2) return;
    const which = part(this.root, "hide-which");
    which.hidden = false;
    part(which, "hide-choices").append(...this.boxes.map((box) => /** @type {HTMLElement} */ (box.closest("label"))));
    which.addEventListener("change", () => {
      this.button.disabled = this.sending || this.chosen() === "";
    });
  }

  /** Faces as the server expects them; "" for none. */
  chosen() {
    return facesWords(this.boxes.map(({ checked }) => checked));
  }

  /** Never rejects. */
  async hide() {
    const trouble = part(this.root, "hide-problem");
    showText(trouble, "");
    const done = showBusy(this.button, t("hideFaces.hiding"));
    this.sending = true;
    try {
      const { hidden, media_type: type, picture } = await sendForAnonymizing(
        this.photo, { style: this.style.value, faces: this.chosen() }, { url: this.url },
      );
      save(new Blob([bytesOf(picture)], { type }), anonymizedName(this.photo.name, type));
      setText(part(this.root, "hide-words"), hiddenWords(hidden.length));
    } catch (error) {
      setText(part(this.root, "hide-words"), "");
      showText(trouble, problemLine(error, this.limits));
    } finally {
      this.sending = false;
      done();
      this.button.disabled = this.chosen() === "";
    }
  }
}

/**
 * @param {import("../common/types.js").Face} face
 * @param {number} index
 * @returns {HTMLInputElement} in its label
 */
function createChoice(face, index) {
  const label = cloneTemplate("hide-face-template");
  const box = part(label, "hide-face", HTMLInputElement);
  box.setAttribute("aria-label", titleWords(face, index + 1));
  part(label, "hide-number").textContent = String(index + 1);
  return box;
}

/**
 * [true, false, true] → "1,3"; "all", which includes faces that the reading leaves out, if none is to stay.
 *
 * @param {boolean[]} hidden whether to hide each face
 */
export function facesWords(hidden) {
  if (hidden.every(Boolean)) return "all";
  return hidden.flatMap((hide, index) => (hide ? [index + 1] : [])).join(",");
}

/** @param {string} base64 */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** @param {number} count */
export function hiddenWords(count) {
  return t("hideFaces.hidden", { count });
}

/**
 * "me.HEIC", "image/jpeg" → "me-anonymized.jpg".
 *
 * @param {string} file
 * @param {string} type
 */
export function anonymizedName(file, type) {
  return `${safeStem(file)}-anonymized.${EXTENSIONS[type] ?? "png"}`;
}
