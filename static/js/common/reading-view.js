/**
 * Shows one photo and its reading: the picture with its overlay, and the cards.
 * Independent of uploading, so that any page can use it.
 *
 * @import { Reading, Rect } from "./types.js"
 */

import { createCard, drawThumb } from "./cards.js";
import { calmly, cloneTemplate, painted, part, showBusy, showText } from "./dom.js";
import { save, saveCsv, saveJson, toPng, exportName } from "./exports.js";
import { GROUP_FROM } from "./group.js";
import { GroupView } from "./group-view.js";
import { t } from "./i18n.js";
import { drawReading, faceAt, noteLayout } from "./overlay.js";
import { limitWords, pictureWords, readingFacts } from "./words.js";

export class ReadingView {
  /** @param {string} name of the photo */
  constructor(name) {
    this.name = name;
    this.root = cloneTemplate("reading-template");
    this.canvas = part(this.root, "overlay", HTMLCanvasElement);
    this.frame = part(this.root, "frame");
    this.photo = part(this.root, "photo", HTMLImageElement);
    /** @type {Reading | null} */
    this.reading = null;
    /** @type {HTMLElement[]} one for each face: its card, or its tile in a group */
    this.cards = [];
    /** @type {GroupView | null} */
    this.group = null;
    /** @type {Rect[]} */
    this.boxes = [];
    this.selected = -1;
    this.pointed = -1;
    part(this.root, "name").textContent = name;
    this.stopWatching = watchSize(this.frame, () => this.draw());
    this.listen();
  }

  /** Whether the browser can show the photo (Chrome cannot show HEIC). */
  get hasPhoto() {
    return !this.photo.hidden && this.photo.naturalWidth > 0;
  }

  /**
   * @param {string} address
   * @returns {Promise<boolean>} whether the browser can show it
   */
  async showPhoto(address) {
    this.photo.src = address;
    try {
      await this.photo.decode();
    } catch {
      return false;
    }
    this.photo.hidden = false;
    this.photo.alt = this.name;
    this.shape(this.photo.naturalWidth, this.photo.naturalHeight);
    return true;
  }

  /**
   * @param {Reading} reading
   * @param {{maxFaces?: number}} [options]
   */
  showReading(reading, { maxFaces = 0 } = {}) {
    this.reading = reading;
    if (!this.hasPhoto) this.shape(reading.width, reading.height);
    this.frame.classList.toggle("empty", !this.hasPhoto);
    part(this.root, "frame-note").hidden = this.hasPhoto;
    part(this.root, "facts").textContent = readingFacts(reading);
    part(this.root, "no-face").hidden = reading.faces.length > 0;
    showText(part(this.root, "limit-note"), limitWords(reading, maxFaces));
    this.canvas.setAttribute("aria-label", pictureWords(reading));
    this.showFaces(reading);
    part(this.root, "downloads").hidden = false;
    part(this.root, "save-png").hidden = !this.hasPhoto;
    this.draw();
  }

  /** @param {Reading} reading */
  showFaces(reading) {
    const list = part(this.root, "cards");
    this.group?.remove();
    this.group = null;
    if (reading.faces.length >= GROUP_FROM) {
      this.group = new GroupView(list, reading, this.hasPhoto ? this.photo : null);
      part(this.root, "group-place").append(this.group.root);
      this.cards = this.group.tiles;
      return;
    }
    this.cards = reading.faces.map((face, index) => createCard(face, index, reading.nets));
    if (this.hasPhoto) this.cards.forEach((card, index) => drawThumb(card, this.photo, reading.faces[index]));
    list.replaceChildren(...this.cards);
  }

  /**
   * Sets the frame's aspect ratio, so that nothing jumps when the photo loads.
   *
   * @param {number} width
   * @param {number} height
   */
  shape(width, height) {
    this.frame.style.setProperty("--ratio", String(width / height));
    this.frame.style.setProperty("--px", String(width));
  }

  draw() {
    const size = { width: this.frame.clientWidth, height: this.frame.clientHeight };
    if (!this.reading || size.width === 0 || size.height === 0) return;
    const active = this.pointed >= 0 ? this.pointed : this.selected;
    const layout = drawReading(this.canvas, this.reading, { size, active, pixelRatio: devicePixelRatio });
    this.boxes = layout.boxes;
    noteLayout(this.canvas, layout);
    this.canvas.dataset.active = String(active);
    this.markFaces(active);
  }

  /** @param {number} active the index of the face to bring out, -1 for none */
  markFaces(active) {
    if (this.group) return this.group.mark(active, this.selected);
    this.cards.forEach((card, index) => {
      card.classList.toggle("active", index === active);
      part(card, "select").setAttribute("aria-pressed", String(index === this.selected));
    });
  }

  /** @param {number} index of the face under the pointer or the focus, -1 for none */
  point(index) {
    if (index === this.pointed) return;
    this.pointed = index;
    this.draw();
  }

  /** @param {number} index of the face to select; if it is already selected, it is deselected */
  select(index) {
    this.selected = index === this.selected ? -1 : index;
    this.draw();
    this.group?.reveal();
  }

  listen() {
    this.listenToPicture();
    this.listenToCards();
    part(this.root, "save-png").addEventListener("click", () => this.savePng());
    part(this.root, "save-json").addEventListener("click", () => saveJson(this.named(), this.name));
    part(this.root, "save-csv").addEventListener("click", () => saveCsv(this.named(), this.name));
  }

  listenToPicture() {
    const under = (/** @type {MouseEvent} */ event) => faceAt(this.boxes, event.offsetX, event.offsetY);
    this.canvas.addEventListener("pointermove", (event) => {
      // A scrolling finger doesn't point at anything.
      if (event.pointerType === "touch") return;
      const index = under(event);
      this.canvas.style.cursor = index >= 0 ? "pointer" : "";
      this.point(index);
    });
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("click", (event) => {
      this.select(under(event));
      this.cards[this.selected]?.scrollIntoView({ block: "nearest", behavior: calmly() });
    });
  }

  listenToCards() {
    const list = part(this.root, "cards");
    const indexOf = (/** @type {Event} */ event) => this.cards.findIndex((card) => card.contains(/** @type {Node} */ (event.target)));
    list.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch") this.point(indexOf(event));
    });
    list.addEventListener("pointerleave", () => this.point(-1));
    list.addEventListener("focusin", (event) => {
      if (event.target instanceof HTMLElement && event.target.matches(":focus-visible")) this.point(indexOf(event));
    });
    list.addEventListener("focusout", () => this.point(-1));
    list.addEventListener("click", (event) => {
      const index = indexOf(event);
      // Selecting text to copy is not a click.
      if (index >= 0 && getSelection()?.isCollapsed !== false) this.select(index);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.selected >= 0) this.select(this.selected);
    });
  }

  named() {
    return this.reading ? [{ file: this.name, reading: this.reading }] : [];
  }

  async savePng() {
    if (!this.reading) return;
    const trouble = part(this.root, "save-problem");
    const finish = showBusy(part(this.root, "save-png", HTMLButtonElement), t("readingView.drawing"));
    showText(trouble, "");
    try {
      // Drawing a large photo blocks the page, so let the button show first that it works.
      await painted();
      save(await toPng(this.photo, this.reading), exportName(this.name, "png"));
    } catch (error) {
      showText(trouble, error instanceof Error ? error.message : String(error));
    }
    finish();
  }

  /** Releases its resources. */
  remove() {
    this.stopWatching();
    this.root.remove();
  }
}

/**
 * Calls back when the size of an element changes or its window moves to a screen
 * with a different pixel density.
 *
 * @param {Element} element
 * @param {() => void} onChange
 * @returns {() => void} ends the watch
 */
export function watchSize(element, onChange) {
  const stop = new AbortController();
  const observer = new ResizeObserver(onChange);
  observer.observe(element);
  (function watchDensity() {
    const query = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    const changed = () => {
      onChange();
      watchDensity();
    };
    query.addEventListener("change", changed, { once: true, signal: stop.signal });
  })();
  return () => {
    observer.disconnect();
    stop.abort();
  };
}
