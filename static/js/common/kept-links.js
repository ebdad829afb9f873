/**
 * "Links created on this page": a link outlives its photo and has to stay
 * accessible, because only this page can delete it.
 *
 * @import { ShareControl } from "./share.js"
 */

import { cloneTemplate, part } from "./dom.js";

export class KeptLinks {
  /**
   * @param {HTMLElement} place
   * @param {() => void} takeFocus called when the last row is removed and had the focus
   */
  constructor(place, takeFocus) {
    this.root = cloneTemplate("kept-links-template");
    this.rows = part(this.root, "kept-links-rows");
    this.takeFocus = takeFocus;
    place.replaceChildren(this.root);
  }

  get isEmpty() {
    return this.rows.children.length === 0;
  }

  /**
   * @param {ShareControl} control that has created a link
   * @param {string} name of the photo
   */
  add(control, name) {
    const row = cloneTemplate("kept-link-template");
    part(row, "kept-link-name").textContent = name;
    // Moving an element loses the focus, and if its place was hidden, it didn't get the focus back from its dialog.
    const active = document.activeElement;
    const focused = [control.root, control.dialog].some((place) => place.contains(active)) || active === document.body;
    row.append(control.root);
    this.rows.append(row);
    this.root.hidden = false;
    control.detach(name, () => this.remove(control, row));
    if (focused) control.button.focus();
  }

  /**
   * @param {ShareControl} control
   * @param {HTMLElement} row
   */
  remove(control, row) {
    const focused = row.contains(document.activeElement);
    const next = row.nextElementSibling ?? row.previousElementSibling;
    control.dispose();
    row.remove();
    this.root.hidden = this.isEmpty;
    if (!focused) return;
    if (next) part(next, "open").focus();
    else this.takeFocus();
  }
}
