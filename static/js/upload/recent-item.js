/**
 * A photo that was analyzed before the person went to another page in this tab. Its file is gone,
 * so it has no link to create.
 *
 * @import { Recent } from "./recent.js"
 */

import { cloneTemplate, part, showText } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { ReadingView } from "../common/reading-view.js";

export class RecentItem {
  /**
   * @param {Recent} recent
   * @param {{maxFaces: number, onRemove: (item: RecentItem) => void}} options
   */
  constructor(recent, { maxFaces, onRemove }) {
    this.recentId = recent.id;
    this.recent = recent;
    this.maxFaces = maxFaces;
    this.onRemove = onRemove;
    this.view = new ReadingView(recent.name);
    /** @type {"read"} */
    this.state = "read";
    this.share = null;
    this.sending = false;
    this.view.root.dataset.state = this.state;
    const remove = cloneTemplate("remove-template");
    remove.setAttribute("aria-label", t("uploadItem.remove", { name: recent.name }));
    remove.addEventListener("click", () => this.remove());
    part(this.view.root, "tools").append(remove);
  }

  async start() {
    const { reading, picture } = this.recent;
    if (picture) await this.view.showPhoto(picture);
    this.view.showReading(reading, { maxFaces: this.maxFaces });
    showText(part(this.view.root, "recent-note"), t("recentItem.note"));
  }

  remove() {
    this.onRemove(this);
    this.view.remove();
  }
}
