/**
 * One video on the upload page, from its upload to the page of its results.
 *
 * @import { Progress } from "../common/api.js"
 *
 * @typedef {{id: string, page_url: string, delete_token: string}} SubmittedVideo
 *
 * @typedef {object} VideoOptions
 * @property {string} url
 * @property {number} maxBytes
 * @property {string} formats
 * @property {string} kept how long the results are kept, in words
 * @property {(link: string) => void} onReady called with the private link
 * @property {(code: string) => void} onProblem
 * @property {(upload: VideoUpload) => void} onRemove
 */

import { sendVideo } from "../common/api.js";
import { cloneTemplate, part, showText } from "../common/dom.js";
import { formatPercent, t } from "../common/i18n.js";
import { inChosenLanguage } from "../common/keep-language.js";
import { Problem, asProblem, problemWords } from "../common/problems.js";

// What browsers don't always know the type of.
const ENDINGS = /\.(mp4|m4v|mov|webm|mkv|avi|ts|m2ts|mts|mpg|mpeg|3gp|ogv)$/i;

/** @param {{name: string, type: string}} file */
export function isVideo({ name, type }) {
  return type.startsWith("video/") || (type === "" && ENDINGS.test(name));
}

export class VideoUpload {
  /**
   * @param {File} file
   * @param {VideoOptions} options
   */
  constructor(file, options) {
    this.file = file;
    this.options = options;
    this.stop = new AbortController();
    /** Whether the file is on its way, which leaving the page would end. */
    this.sending = false;
    this.root = cloneTemplate("video-upload-template");
    part(this.root, "video-name").textContent = file.name || t("videoUpload.unnamed");
    part(this.root, "video-kept").textContent = options.kept;
    part(this.root, "video-cancel").addEventListener("click", () => this.remove());
    part(this.root, "video-retry").addEventListener("click", () => this.start());
  }

  /** Sends the video. Never rejects. */
  async start() {
    this.stop = new AbortController();
    part(this.root, "video-problem").hidden = part(this.root, "video-retry").hidden = true;
    this.showProgress({ phase: "sending", share: 0 });
    this.sending = true;
    try {
      const { url, maxBytes } = this.options;
      if (maxBytes > 0 && this.file.size > maxBytes) throw new Problem({ code: "too_large" });
      const video = await sendVideo(this.file, { url, signal: this.stop.signal, onProgress: (progress) => this.showProgress(progress) });
      this.sending = false;
      this.showReady(inChosenLanguage(`${video.page_url}#delete=${encodeURIComponent(video.delete_token)}`));
    } catch (error) {
      this.sending = false;
      if (!this.stop.signal.aborted) this.showProblem(asProblem(error));
    }
  }

  /** @param {Progress} progress */
  showProgress(progress) {
    const bar = part(this.root, "video-bar", HTMLProgressElement);
    bar.hidden = false;
    const sending = progress.phase === "sending";
    if (sending) bar.value = progress.share;
    else bar.removeAttribute("value");
    part(this.root, "video-words").textContent = sending
      ? t("uploadItem.uploading", { percent: formatPercent(progress.share) }) : t("videoUpload.waiting");
  }

  /** @param {string} link */
  showReady(link) {
    part(this.root, "video-bar").hidden = part(this.root, "video-cancel").hidden = true;
    part(this.root, "video-words").textContent = t("videoUpload.reading");
    const open = part(this.root, "video-open", HTMLAnchorElement);
    open.hidden = false;
    open.href = link;
    this.options.onReady(link);
  }

  /** @param {Problem} problem */
  showProblem(problem) {
    part(this.root, "video-bar").hidden = true;
    part(this.root, "video-words").textContent = "";
    const { title, advice } = problemWords(problem, this.options, "video");
    const block = part(this.root, "video-problem");
    block.hidden = false;
    block.dataset.code = problem.code;
    part(block, "video-problem-title").textContent = title;
    part(block, "video-problem-advice").textContent = advice;
    showText(part(block, "video-problem-detail"), problem.detail && t("problems.serverMessage", { detail: problem.detail }));
    part(this.root, "video-retry").hidden = !problem.retryable && problem.status !== 401;
    this.options.onProblem(problem.code);
  }

  remove() {
    this.stop.abort(new Problem({ code: "cancelled" }));
    this.root.remove();
    this.options.onRemove(this);
  }
}
