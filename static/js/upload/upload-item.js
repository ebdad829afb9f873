/**
 * One photo on the upload page, from its preview to its reading or problem.
 *
 * @import { Progress } from "../common/api.js"
 * @import { ShareControl } from "../common/share.js"
 * @import { Reading } from "../common/types.js"
 *
 * @typedef {"waiting" | "read" | "failed"} State
 *
 * @typedef {object} ItemOptions
 * @property {(file: File, signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Reading>} read
 * @property {import("../common/problems.js").Limits & {maxFaces: number}} limits
 * @property {(file: File) => ShareControl | null} [createShare] creates the control to share an analyzed photo
 * @property {(file: File, reading: Reading) => {root: HTMLElement, sending: boolean}} createHideFaces creates the control to hide the faces of an analyzed photo
 * @property {() => void} onChange
 * @property {(item: UploadItem) => void} onRead a new reading is shown
 * @property {(item: UploadItem) => void} onRemove
 */

import { cloneTemplate, part, showText } from "../common/dom.js";
import { formatPercent, t } from "../common/i18n.js";
import { Preview } from "./photos.js";
import { Problem, asProblem, problemWords } from "../common/problems.js";
import { ReadingView } from "../common/reading-view.js";

export class UploadItem {
  /**
   * @param {File} file
   * @param {ItemOptions} options
   */
  constructor(file, options) {
    this.file = file;
    this.options = options;
    /** What the tab's storage knows it by. */
    this.recentId = "";
    this.view = new ReadingView(file.name || t("uploadItem.pasted"));
    this.side = part(this.view.root, "side");
    /** @type {State} */
    this.state = "waiting";
    this.stop = new AbortController();
    this.preview = new Preview(file);
    /** @type {ShareControl | null} */
    this.share = null;
    /** @type {ReturnType<ItemOptions["createHideFaces"]> | null} */
    this.hideFaces = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.countdown = undefined;
    const remove = cloneTemplate("remove-template");
    remove.setAttribute("aria-label", t("uploadItem.remove", { name: this.view.name }));
    remove.addEventListener("click", () => this.remove());
    part(this.view.root, "tools").append(remove);
  }

  /** Whether the photo is on its way, to be analyzed, stored under a link, or anonymized. */
  get sending() {
    return this.state === "waiting" || (this.share?.sending ?? false) || (this.hideFaces?.sending ?? false);
  }

  /** Shows the photo, sends it, and shows the result. Never rejects. */
  async start() {
    this.stop = new AbortController();
    this.enter("waiting");
    this.showProgress({ phase: "sending", share: 0 }, t("uploadItem.waiting"));
    const shown = this.showPreview();
    try {
      const reading = await this.options.read(this.file, this.stop.signal, (progress) => this.showProgress(progress));
      await shown;
      // Canceled or removed while the preview was still being created.
      this.stop.signal.throwIfAborted();
      this.clearSide();
      this.view.showReading(reading, { maxFaces: this.options.limits.maxFaces });
      this.offerActions(reading);
      this.enter("read");
      this.options.onRead(this);
    } catch (error) {
      this.showProblem(asProblem(error));
    }
  }

  /** @param {Reading} reading */
  offerActions(reading) {
    this.share = this.options.createShare?.(this.file) ?? null;
    this.hideFaces = this.options.createHideFaces(this.file, reading);
    part(this.side, "downloads").after(this.hideFaces.root, ...(this.share ? [this.share.root] : []));
  }

  async showPreview() {
    const address = await this.preview.address();
    if (address && !this.view.hasPhoto) await this.view.showPhoto(address);
  }

  /** @param {State} state */
  enter(state) {
    this.state = state;
    this.view.root.dataset.state = state;
    this.view.root.setAttribute("aria-busy", String(state === "waiting"));
    this.options.onChange();
  }

  /**
   * @param {Progress} progress
   * @param {string} [words]
   */
  showProgress(progress, words) {
    let block = this.side.querySelector('[data-part="progress"]');
    if (!block) {
      block = cloneTemplate("progress-template");
      part(block, "cancel").addEventListener("click", () => this.cancel());
      this.clearSide();
      this.side.prepend(block);
    }
    const bar = part(block, "progress-bar", HTMLProgressElement);
    bar.setAttribute("aria-label", t("uploadItem.progress", { name: this.view.name }));
    if (progress.phase === "sending") {
      bar.value = progress.share;
      part(block, "progress-words").textContent = words ?? t("uploadItem.uploading", { percent: formatPercent(progress.share) });
    } else {
      bar.removeAttribute("value");
      part(block, "progress-words").textContent = t("uploadItem.reading");
    }
  }

  /** @param {Problem} problem */
  showProblem(problem) {
    this.clearSide();
    const block = cloneTemplate("problem-template");
    const { title, advice } = problemWords(problem, this.options.limits);
    block.dataset.code = problem.code;
    part(block, "problem-title").textContent = title;
    part(block, "problem-advice").textContent = advice;
    showText(part(block, "problem-detail"), problem.detail && t("problems.serverMessage", { detail: problem.detail }));
    part(block, "problem-reference").hidden = !problem.requestId;
    part(block, "problem-id").textContent = problem.requestId;
    this.side.prepend(block);
    if (problem.retryable) this.offerRetry(part(block, "retry", HTMLButtonElement), problem.retryAfterS);
    this.enter("failed");
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {number} waitS how long the server asks to wait; the button counts it down
   */
  offerRetry(button, waitS) {
    button.hidden = false;
    button.addEventListener("click", () => this.start());
    let left = waitS;
    const updateButton = () => {
      button.disabled = left > 0;
      button.textContent = left > 0 ? t("uploadItem.retryIn", { seconds: left }) : t("upload.retry");
      if (left <= 0) clearInterval(this.countdown);
      left -= 1;
    };
    if (waitS > 0) this.countdown = setInterval(updateButton, 1000);
    updateButton();
  }

  clearSide() {
    clearInterval(this.countdown);
    const block = this.side.querySelector(':scope > :is([data-part="progress"], [data-part="problem"])');
    // If a button in it has the focus, the focus is lost, and the next Tab would start at the top of the page.
    if (block?.contains(document.activeElement)) part(this.view.root, "name").focus();
    block?.remove();
  }

  cancel() {
    this.stop.abort(new Problem({ code: "cancelled" }));
  }

  remove() {
    this.stop.abort(new Problem({ code: "cancelled" }));
    this.options.onRemove(this);
    clearInterval(this.countdown);
    this.view.remove();
    this.preview.release();
  }
}
