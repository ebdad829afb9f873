/**
 * The cards of the faces in view, in order of appearance; sorted by size, they
 * would swap places with every nod.
 *
 * @import { LiveReading } from "../common/types.js"
 */

import { createCard, fillCard } from "../common/cards.js";
import { part } from "../common/dom.js";
import { faceNumber } from "../common/words.js";

// A face that is missing from one reading keeps its card.
const KEEP_MS = 900;

export class LiveCards {
  /**
   * @param {HTMLElement} list
   * @param {{onPoint: (number: number) => void, onPick: (number: number) => void}} handlers number 0: none
   */
  constructor(list, { onPoint, onPick }) {
    this.list = list;
    /** @type {Map<number, {card: HTMLElement, seenMs: number}>} */
    this.cards = new Map();
    const numberOf = (/** @type {Event} */ event) =>
      [...this.cards].find(([, { card }]) => card.contains(/** @type {Node} */ (event.target)))?.[0] ?? 0;
    list.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch") onPoint(numberOf(event));
    });
    list.addEventListener("pointerleave", () => onPoint(0));
    list.addEventListener("focusin", (event) => {
      if (event.target instanceof HTMLElement && event.target.matches(":focus-visible")) onPoint(numberOf(event));
    });
    list.addEventListener("focusout", () => onPoint(0));
    list.addEventListener("click", (event) => {
      if (numberOf(event) > 0) onPick(numberOf(event));
    });
  }

  /**
   * @param {LiveReading} reading
   * @param {number} nowMs
   */
  show(reading, nowMs) {
    reading.faces.forEach((face, index) => {
      const number = faceNumber(face, index);
      const known = this.cards.get(number);
      const card = known?.card ?? createCard(face, index, reading.nets);
      if (known) fillCard(card, face, reading.nets);
      else this.list.append(card);
      card.dataset.track = String(number);
      this.cards.set(number, { card, seenMs: nowMs });
    });
    this.forget(nowMs);
  }

  /** @param {number} nowMs */
  forget(nowMs) {
    for (const [number, { card, seenMs }] of this.cards) {
      if (nowMs - seenMs <= KEEP_MS) continue;
      const focused = card.contains(document.activeElement);
      const next = card.nextElementSibling ?? card.previousElementSibling;
      card.remove();
      this.cards.delete(number);
      // Otherwise, keyboard users would have to start at the top of the page.
      if (focused) (next ? part(next, "select") : this.list).focus();
    }
  }

  /**
   * @param {number} active the highlighted face, 0 for none
   * @param {number} picked the selected face, 0 for none
   */
  mark(active, picked) {
    for (const [number, { card }] of this.cards) {
      card.classList.toggle("active", number === active);
      part(card, "select").setAttribute("aria-pressed", String(number === picked));
    }
  }

  clear() {
    for (const { card } of this.cards.values()) card.remove();
    this.cards.clear();
  }
}
