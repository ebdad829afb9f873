/**
 * "Create link": asks what to keep, stores it on the server, and shows the link.
 * Nothing is stored in the browser, so the page can delete it only while it is open.
 *
 * @import { Progress } from "./api.js"
 * @import { SharedResult } from "./types.js"
 *
 * @typedef {object} ShareOptions
 * @property {() => Blob | Promise<Blob>} getPicture the picture to send when a link is created
 * @property {string} resultsUrl
 * @property {number} ttlS how long the server keeps a result
 * @property {() => void} [onRest] called when the dialog closes, and when the link expires while it is closed
 *
 * @typedef {"ask" | "sending" | "made" | "gone"} Step
 */

import { deleteResult } from "./api.js";
import { makeCopyable } from "./copy.js";
import { createDeleteControl } from "./delete-control.js";
import { cloneTemplate, part, setText, showText } from "./dom.js";
import { elementCode } from "./embed-code.js";
import { countDown, spanWords } from "./expiry.js";
import { t } from "./i18n.js";
import { inChosenLanguage } from "./keep-language.js";
import { LinkRequest } from "./link-request.js";
import { asProblem, problemWords } from "./problems.js";

const STEPS = /** @type {const} */ (["ask", "sending", "made", "gone"]);
// After these, it is unknown whether the server has stored the result.
const UNCERTAIN = new Set(["network", "timeout", "bad_answer"]);

/**
 * @param {FormDataEntryValue | null} value of the form
 * @returns {SharedResult["kept"]}
 */
function keepOf(value) {
  return value === "covered" || value === "figures" ? value : "picture";
}

/** A button with its dialog. The page must have the templates of _share.html. */
export class ShareControl {
  /** @param {ShareOptions} options */
  constructor({ getPicture, resultsUrl, ttlS, onRest = () => {} }) {
    this.getPicture = getPicture;
    this.resultsUrl = resultsUrl;
    this.ttlS = ttlS;
    this.onRest = onRest;
    this.root = cloneTemplate("share-template");
    this.button = part(this.root, "open", HTMLButtonElement);
    this.dialog = part(this.root, "dialog", HTMLDialogElement);
    // In the body, because a hidden element also hides an open dialog inside it.
    document.body.append(this.dialog);
    /** @type {Step} */
    this.step = "ask";
    /** @type {LinkRequest | null} */
    this.request = null;
    /** Settles when the current request is finished. */
    this.work = Promise.resolve();
    this.stopCountdown = () => {};
    for (const name of ["link", "code", "private"]) makeCopyable(part(this.dialog, name));
    part(this.dialog, "ttl").textContent = spanWords(ttlS);
    this.listen();
    this.enter("ask");
  }

  listen() {
    const { dialog } = this;
    this.button.addEventListener("click", () => dialog.showModal());
    part(dialog, "ask").addEventListener("submit", (event) => {
      event.preventDefault();
      this.work = this.create();
    });
    for (const button of dialog.querySelectorAll("[data-closes]")) button.addEventListener("click", () => this.leave());
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    dialog.addEventListener("click", ({ target }) => {
      // For clicks on the backdrop, the target is the dialog itself.
      if (target === dialog && this.step !== "sending") dialog.close();
    });
    dialog.addEventListener("close", () => {
      // Browsers close the dialog on a second Escape, even if the page prevents it.
      this.cancel();
      this.rest();
    });
    part(dialog, "again").addEventListener("click", () => this.enter("ask"));
  }

  /** Whether a link is being created. */
  get sending() {
    return this.step === "sending";
  }

  /** @param {Step} step */
  enter(step) {
    this.step = step;
    for (const name of STEPS) part(this.dialog, name).hidden = name !== step;
    this.dialog.dataset.step = step;
    part(this.dialog, "dialog-title").textContent = t(`shareControl.title.${step}`);
    this.button.textContent = t(step === "made" ? "shareControl.show" : "share.create");
    if (this.dialog.open) part(this.dialog, "dialog-title").focus();
  }

  /** Closes the dialog. After a photo was sent, only once it is canceled, or on the second request. */
  leave() {
    const waits = this.request?.left && !this.request.takenBack;
    this.cancel();
    if (!waits) this.dialog.close();
  }

  cancel() {
    this.request?.takeBack();
    setText(part(this.dialog, "sending-words"), t("shareControl.canceling"));
  }

  rest() {
    if (!this.dialog.open) this.onRest();
  }

  async create() {
    const form = new FormData(part(this.dialog, "ask", HTMLFormElement));
    const request = new LinkRequest(this.resultsUrl);
    this.request = request;
    for (const name of ["share-problem", "made-problem"]) part(this.dialog, name).hidden = true;
    setText(part(this.dialog, "sending-words"), t("shareControl.sending"));
    // An earlier request left it full.
    this.showProgress({ phase: "sending", share: 0 });
    this.enter("sending");
    try {
      const picture = await this.getPicture();
      const result = await request.send(picture, keepOf(form.get("keep")), (progress) => this.showProgress(progress));
      if (request.takenBack) await this.takeBack(result);
      else this.showLink(result);
    } catch (error) {
      this.enter("ask");
      this.showProblem(asProblem(error), request.left);
    }
    this.request = null;
  }

  /**
   * Deletes a link that was created although it was canceled. If that fails, the
   * link still exists, and the user has to know.
   *
   * @param {SharedResult} result
   */
  async takeBack(result) {
    try {
      await deleteResult(this.addressOf(result), result.delete_token);
      this.enter("ask");
    } catch (error) {
      if (!this.dialog.isConnected) return;
      this.showLink(result);
      const { title } = problemWords(asProblem(error));
      showText(part(this.dialog, "made-problem"), t("shareControl.notCanceled", { problem: title }));
      if (!this.dialog.open) this.dialog.showModal();
    }
  }

  /** @param {SharedResult} result */
  addressOf({ id }) {
    return `${this.resultsUrl}/${encodeURIComponent(id)}`;
  }

  /** @param {Progress} progress */
  showProgress(progress) {
    const bar = part(this.dialog, "share-progress", HTMLProgressElement);
    if (progress.phase === "sending") bar.value = progress.share;
    else bar.removeAttribute("value");
  }

  /**
   * @param {import("./problems.js").Problem} problem
   * @param {boolean} left whether the whole photo had been sent by then
   */
  showProblem(problem, left) {
    if (problem.code === "cancelled") return;
    const { title, advice } = problemWords(problem);
    const sentences = [advice];
    if (problem.retryAfterS > 0) sentences.push(t("shareControl.wait", { count: problem.retryAfterS }));
    if (left && UNCERTAIN.has(problem.code)) sentences.push(t("shareControl.mayBeStored", { time: spanWords(this.ttlS) }));
    const block = part(this.dialog, "share-problem");
    block.hidden = false;
    block.dataset.code = problem.code;
    part(block, "problem-title").textContent = title;
    part(block, "problem-advice").textContent = sentences.join(" ");
    showText(part(block, "problem-reference"), problem.requestId && t("problems.reference", { id: problem.requestId }));
  }

  /** @param {SharedResult} result */
  showLink(result) {
    const { dialog } = this;
    const field = (/** @type {string} */ name) => part(part(dialog, name), "field", HTMLInputElement);
    field("link").value = result.url;
    field("private").value = `${result.url}#delete=${result.delete_token}`;
    part(part(dialog, "code"), "field", HTMLTextAreaElement).value = elementCode(result.url);
    part(dialog, "visit", HTMLAnchorElement).href = inChosenLanguage(result.url);
    part(dialog, "try", HTMLAnchorElement).href = inChosenLanguage(`${new URL("../demo", result.url)}?result=${encodeURIComponent(result.url)}`);
    part(dialog, "kept").textContent = t(`shareControl.kept.${result.kept}`);
    const onEnd = () => this.end(t("shareControl.expired"));
    this.stopCountdown = countDown(part(dialog, "countdown"), { expiresAt: result.expires_at, leftS: this.ttlS, onEnd });
    part(dialog, "delete-place").replaceChildren(createDeleteControl({
      url: this.addressOf(result),
      token: result.delete_token,
      onDeleted: () => this.end(t("shareControl.deleted")),
    }));
    this.enter("made");
  }

  /** @param {string} words */
  end(words) {
    this.stopCountdown();
    part(this.dialog, "gone-words").textContent = words;
    this.enter("gone");
    this.rest();
  }

  /**
   * Cancels the current request.
   *
   * @returns {Promise<boolean>} whether there is a link, because it existed before or could not be canceled
   */
  async settle() {
    this.cancel();
    await this.work;
    return this.step === "made";
  }

  /**
   * Keeps the link after its picture is gone; no further link can be created.
   *
   * @param {string} name of the picture
   * @param {() => void} onGone called once the link is gone and the dialog closed
   */
  detach(name, onGone) {
    this.getPicture = () => { throw new Error("the picture is gone"); };
    this.onRest = () => {
      if (this.step === "gone") onGone();
    };
    part(this.dialog, "again").hidden = true;
    this.dialog.setAttribute("aria-label", t("shareControl.nameOfDialog", { name }));
    this.button.setAttribute("aria-label", t("shareControl.nameOfButton", { name }));
  }

  /** Removes the control; a link that is being created is canceled. */
  dispose() {
    this.cancel();
    this.stopCountdown();
    this.dialog.remove();
    this.root.remove();
  }
}
