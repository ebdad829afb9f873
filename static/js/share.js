/**
 * "Create a link": asks what to keep, keeps it on the server, shows the link.
 * Nothing is stored in the browser: the right to delete lives as long as the page.
 *
 * @import { SharedResult } from "./types.js"
 *
 * @typedef {object} ShareOptions
 * @property {() => Blob | Promise<Blob>} getPicture what is sent when a link is asked for
 * @property {string} resultsUrl
 * @property {number} ttlS for how long the server keeps a result
 *
 * @typedef {"ask" | "sending" | "made" | "gone"} Step
 */

import { createResult } from "./api.js";
import { makeCopyable } from "./copy.js";
import { createDeleteControl } from "./delete-control.js";
import { cloneTemplate, part, showText } from "./dom.js";
import { elementCode } from "./embed-code.js";
import { countDown, spanWords } from "./expiry.js";
import { Problem, problemWords } from "./problems.js";

const STEPS = /** @type {const} */ (["ask", "sending", "made", "gone"]);
const TITLES = { ask: "Create a link", sending: "Creating the link", made: "The link is ready", gone: "The link is gone" };

/**
 * A button with its dialog. The page must have the templates of _share.html.
 *
 * @param {ShareOptions} options
 * @returns {HTMLElement}
 */
export function createShareControl(options) {
  return new ShareControl(options).root;
}

class ShareControl {
  /** @param {ShareOptions} options */
  constructor(options) {
    this.options = options;
    this.root = cloneTemplate("share-template");
    this.dialog = part(this.root, "dialog", HTMLDialogElement);
    this.form = part(this.root, "ask", HTMLFormElement);
    this.stop = new AbortController();
    this.stopCountdown = () => {};
    for (const name of ["link", "code", "private"]) makeCopyable(part(this.root, name));
    part(this.root, "ttl").textContent = spanWords(options.ttlS);
    this.listen();
    this.enter("ask");
  }

  listen() {
    part(this.root, "open").addEventListener("click", () => this.dialog.showModal());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.create();
    });
    for (const button of this.root.querySelectorAll("[data-closes]")) button.addEventListener("click", () => this.dialog.close());
    // Outside of the dialog's box, on the veil around it, the dialog itself is what is clicked.
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.stop.abort());
    part(this.root, "again").addEventListener("click", () => this.enter("ask"));
  }

  /** @param {Step} step */
  enter(step) {
    for (const name of STEPS) part(this.root, name).hidden = name !== step;
    this.dialog.dataset.step = step;
    part(this.root, "dialog-title").textContent = TITLES[step];
    part(this.root, "open").textContent = step === "made" ? "Show the link" : "Create a link";
    if (this.dialog.open) part(this.root, "dialog-title").focus();
  }

  async create() {
    const keep = new FormData(this.form).get("keep") === "figures" ? "figures" : "picture";
    this.stop = new AbortController();
    part(this.root, "share-problem").hidden = true;
    this.enter("sending");
    try {
      const picture = await this.options.getPicture();
      const onProgress = (/** @type {import("./api.js").Progress} */ progress) => this.showProgress(progress);
      this.showLink(await createResult(picture, keep, { url: this.options.resultsUrl, signal: this.stop.signal, onProgress }));
    } catch (error) {
      this.enter("ask");
      this.showProblem(error instanceof Problem ? error : new Problem({ code: "bad_answer", detail: String(error) }));
    }
  }

  /** @param {import("./api.js").Progress} progress */
  showProgress(progress) {
    const bar = part(this.root, "share-progress", HTMLProgressElement);
    if (progress.phase === "sending") bar.value = progress.share;
    else bar.removeAttribute("value");
  }

  /** @param {Problem} problem */
  showProblem(problem) {
    if (problem.code === "cancelled") return;
    // The photo was read a moment ago: what its format and size may be is no news.
    const { title, advice } = problemWords(problem, { maxBytes: 0, formats: "" });
    const wait = problem.retryAfterS > 0 ? ` The server asks for ${problem.retryAfterS} seconds.` : "";
    const block = part(this.root, "share-problem");
    block.hidden = false;
    block.dataset.code = problem.code;
    part(block, "problem-title").textContent = title;
    part(block, "problem-advice").textContent = advice + wait;
    showText(part(block, "problem-reference"), problem.requestId && `Reference ${problem.requestId}`);
  }

  /** @param {SharedResult} result */
  showLink(result) {
    const field = (/** @type {string} */ name) => part(part(this.root, name), "field", HTMLInputElement);
    field("link").value = result.url;
    field("private").value = `${result.url}#delete=${result.delete_token}`;
    part(part(this.root, "code"), "field", HTMLTextAreaElement).value = elementCode(result.url);
    part(this.root, "visit", HTMLAnchorElement).href = result.url;
    part(this.root, "try", HTMLAnchorElement).href = `${new URL("../demo", result.url)}?result=${encodeURIComponent(result.url)}`;
    part(this.root, "kept").textContent = result.kept === "picture" ? "The picture and its answers are kept." : "The answers are kept, and not a pixel of the picture.";
    const onEnd = () => this.end("It has expired, as it had to.");
    this.stopCountdown = countDown(part(this.root, "countdown"), { expiresAt: result.expires_at, leftS: this.options.ttlS, onEnd });
    part(this.root, "delete-place").replaceChildren(createDeleteControl({
      url: `${this.options.resultsUrl}/${encodeURIComponent(result.id)}`,
      token: result.delete_token,
      onDeleted: () => this.end("It is deleted, and what was kept with it."),
    }));
    this.enter("made");
  }

  /** @param {string} words */
  end(words) {
    this.stopCountdown();
    part(this.root, "gone-words").textContent = words;
    this.enter("gone");
  }
}
