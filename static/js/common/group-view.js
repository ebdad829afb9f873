/**
 * A reading with many faces: their summary, and a grid of tiles of which one at a time is
 * open, with its card below it.
 *
 * @import { Face, Reading } from "./types.js"
 * @import { Order, Selection, Summary } from "./group.js"
 */

import { createCard, drawThumb } from "./cards.js";
import { calmly, cloneTemplate, part, setText, showText } from "./dom.js";
import { arrange, expressionsOf, stepTo, summarize } from "./group.js";
import { ageBarWords, leftOutWords, listedWords, tileDoubt, tileInterval } from "./group-words.js";
import { formatBriefly, formatNumber } from "./i18n.js";
import { faceColor } from "./overlay.js";
import { ageWords, capitalized, doubtSentences, emotionWords, faceNumber, genderWords, rangeWords } from "./words.js";

let groups = 0;

export class GroupView {
  /**
   * @param {HTMLElement} list for the tiles
   * @param {Reading} reading
   * @param {HTMLImageElement | null} photo
   */
  constructor(list, reading, photo) {
    this.list = list;
    this.reading = reading;
    this.photo = photo;
    this.root = cloneTemplate("group-template");
    /** @type {{order: Order, selection: Selection}} */
    this.choice = { order: "size", selection: "all" };
    /** In the order of the reading. */
    this.tiles = reading.faces.map((face, index) => createTile(face, index, reading));
    /** @type {HTMLElement | null} the open card */
    this.detail = null;
    this.opened = -1;
    /** @type {HTMLElement[]} the tiles as they are listed */
    this.listed = [];
    groups += 1;
    this.id = `group-${groups}`;
    if (photo) this.tiles.forEach((tile, index) => drawThumb(tile, photo, reading.faces[index]));
    fillSummary(this.root, summarize(reading.faces), reading.faces.length);
    this.offerChoices();
    this.list.classList.add("tiles");
    this.list.addEventListener("keydown", this.onKey);
    this.show();
  }

  offerChoices() {
    const selection = part(this.root, "selection", HTMLSelectElement);
    selection.append(...expressionsOf(this.reading.faces).map((name) => new Option(emotionWords(name), name)));
    const order = part(this.root, "order", HTMLSelectElement);
    this.root.addEventListener("change", () => {
      this.choice = { order: /** @type {Order} */ (order.value), selection: selection.value };
      this.show();
    });
  }

  /** Lists the chosen faces in the chosen order. */
  show() {
    const placed = arrange(this.reading, this.choice);
    const focused = this.tiles.find((tile) => tile.contains(document.activeElement));
    this.listed = placed.map(({ index }) => this.tiles[index]);
    this.list.replaceChildren(...this.listed);
    setText(part(this.root, "listed"), listedWords(placed.length, this.tiles.length));
    this.letTabReach(focused && this.listed.includes(focused) ? focused : this.listed[0]);
    this.placeDetail();
  }

  /**
   * The Tab key reaches one tile, and the arrow keys the others.
   *
   * @param {HTMLElement | undefined} reached
   */
  letTabReach(reached) {
    for (const tile of this.tiles) part(tile, "select").tabIndex = tile === reached ? 0 : -1;
  }

  onKey = (/** @type {KeyboardEvent} */ event) => {
    const from = this.listed.findIndex((tile) => tile.contains(/** @type {Node} */ (event.target)));
    if (from < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = stepTo(event.key, from, { count: this.listed.length, columns: this.columns() });
    if (to === from) return;
    event.preventDefault();
    this.letTabReach(this.listed[to]);
    part(this.listed[to], "select").focus();
  };

  columns() {
    return getComputedStyle(this.list).gridTemplateColumns.split(" ").length;
  }

  /**
   * @param {number} active the face to bring out, -1 for none
   * @param {number} selected the face whose card to open, -1 for none
   */
  mark(active, selected) {
    this.tiles.forEach((tile, index) => tile.classList.toggle("active", index === active));
    if (selected === this.opened) return;
    this.opened = selected;
    this.detail?.remove();
    this.detail = selected >= 0 ? this.createDetail(selected) : null;
    this.tiles.forEach((tile, index) => {
      const button = part(tile, "select");
      button.setAttribute("aria-expanded", String(index === selected));
      if (index === selected) button.setAttribute("aria-controls", `${this.id}-card`);
      else button.removeAttribute("aria-controls");
    });
    if (selected >= 0) this.letTabReach(this.tiles[selected]);
    this.placeDetail();
  }

  /** @param {number} index */
  createDetail(index) {
    const face = this.reading.faces[index];
    const card = createCard(face, index, this.reading.nets);
    card.id = `${this.id}-card`;
    card.dataset.testid = "face-detail";
    if (this.photo) drawThumb(card, this.photo, face);
    return card;
  }

  /** Puts the open card after its tile; the grid lets the tiles of the same row stay in it. */
  placeDetail() {
    if (!this.detail) return;
    const tile = this.tiles[this.opened];
    if (tile.isConnected) tile.after(this.detail);
    else this.detail.remove();
  }

  /** Scrolls so that the open card can be seen. */
  reveal() {
    this.detail?.scrollIntoView({ block: "nearest", behavior: calmly() });
  }

  /** Releases the list. */
  remove() {
    this.root.remove();
    this.list.classList.remove("tiles");
    this.list.removeEventListener("keydown", this.onKey);
  }
}

/**
 * @param {Face} face
 * @param {number} index
 * @param {Reading} reading
 */
function createTile(face, index, { nets }) {
  const tile = cloneTemplate("tile-template");
  const number = faceNumber(face, index);
  tile.style.setProperty("--face", faceColor(number));
  // The name is what the tile shows; speech control goes by it.
  part(tile, "select").setAttribute("aria-description", doubtSentences(face.unsure).join(" "));
  part(tile, "number").textContent = String(number);
  part(tile, "age").textContent = ageWords(face.age, nets);
  part(tile, "interval").textContent = tileInterval(face.age, nets);
  part(tile, "gender").textContent = capitalized(genderWords(face.gender.value));
  part(tile, "emotion").textContent = capitalized(emotionWords(face.emotion.dominant));
  showText(part(tile, "doubt"), tileDoubt(face.unsure));
  return tile;
}

/**
 * @param {HTMLElement} root
 * @param {Summary} summary
 * @param {number} count of all faces
 */
function fillSummary(root, summary, count) {
  const highest = Math.max(...summary.ages.map(({ expected, spread }) => expected + spread), 1);
  part(root, "histogram").append(...summary.ages.map((bar) => createColumn(bar, highest)));
  const most = Math.max(...summary.expressions.map((each) => each.count), 1);
  part(root, "summary-expressions").append(...summary.expressions.map(({ name, count: number }) => {
    const bar = cloneTemplate("bar-template");
    part(bar, "bar-name").textContent = capitalized(emotionWords(name));
    part(bar, "bar-fill").style.width = `${(number / most) * 100}%`;
    part(bar, "bar-share").textContent = formatNumber(number);
    return bar;
  }));
  // A summary of nobody would be empty axes.
  part(root, "histogram-note").hidden = summary.left.ages === count;
  part(root, "summary-left").textContent = leftOutWords(summary, count);
}

/**
 * @param {Summary["ages"][number]} bar
 * @param {number} highest
 */
function createColumn(bar, highest) {
  const column = cloneTemplate("histogram-template");
  const share = (/** @type {number} */ value) => `${Math.max(0, value / highest) * 100}%`;
  const { expected, spread } = bar;
  column.title = ageBarWords(bar);
  part(column, "histogram-words").textContent = ageBarWords(bar);
  part(column, "histogram-count").textContent = formatBriefly(expected);
  part(column, "histogram-name").textContent = rangeWords(bar.range);
  part(column, "histogram-fill").style.height = share(expected);
  const line = part(column, "histogram-spread");
  line.style.bottom = share(expected - spread);
  line.style.height = share(expected + spread - Math.max(0, expected - spread));
  return column;
}
