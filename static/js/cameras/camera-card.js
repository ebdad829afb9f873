/**
 * A camera on the wall: its state and, where the operator allows it, its picture.
 *
 * @import { Camera } from "./camera-api.js"
 */

import { fetchWithKey } from "./camera-api.js";
import { cameraStateWords } from "./camera-words.js";
import { cloneTemplate, part, setText, showText } from "../common/dom.js";
import { t } from "../common/i18n.js";

export class CameraCard {
  /**
   * @param {Camera} camera
   * @param {(camera: Camera) => void} onChoose
   */
  constructor(camera, onChoose) {
    this.camera = camera;
    this.element = cloneTemplate("camera-template");
    this.address = "";
    part(this.element, "choose").addEventListener("click", () => onChoose(this.camera));
  }

  /**
   * @param {Camera} camera
   * @param {boolean} chosen
   */
  show(camera, chosen) {
    this.camera = camera;
    const { element } = this;
    element.dataset.state = camera.state;
    setText(part(element, "title"), camera.title);
    setText(part(element, "state"), cameraStateWords(camera));
    showText(part(element, "detail"), camera.detail);
    showText(part(element, "expression"), camera.expression ? t("cameraWords.expressionsCounted", { reason: camera.expression_reason }) : "");
    part(element, "choose").setAttribute("aria-pressed", String(chosen));
    setText(part(element, "none"), t(camera.picture === "off" ? "cameraWords.pictureOff" : "cameraWords.noPicture"));
  }

  /** Fetches the newest picture; an img element could not send the key. */
  async refreshPicture() {
    const { camera } = this;
    const wanted = camera.picture !== "off" && camera.state === "live" && !document.hidden;
    const blob = wanted ? await fetchWithKey(camera.picture_url).then((answer) => answer.blob()).catch(() => null) : null;
    const view = part(this.element, "view");
    const old = this.address;
    if (blob) {
      const image = view.querySelector("img") ?? document.createElement("img");
      image.alt = camera.picture === "blurred" ? t("cameraWords.blurredPicture", { title: camera.title }) : camera.title;
      image.src = this.address = URL.createObjectURL(blob);
      if (!image.isConnected) view.append(image);
    } else if (!document.hidden) {
      view.querySelector("img")?.remove();
      this.address = "";
    }
    if (old && old !== this.address) URL.revokeObjectURL(old);
    part(view, "none").hidden = view.querySelector("img") !== null;
  }

  remove() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.element.remove();
  }
}
