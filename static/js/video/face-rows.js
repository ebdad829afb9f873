/**
 * The timeline under a video: a row for each face, with its expression and age over time.
 * Click or drag in a row, or use its arrow keys, to go to that time.
 *
 * @import { FaceSummary } from "./video-words.js"
 */

import { cloneTemplate, part, showText } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { faceColor } from "../common/overlay.js";
import { capitalized, emotionWords } from "../common/words.js";
import { clock, expressionLine, seenLine, traitsLine, unsureLine } from "./video-words.js";

const SVG = "http://www.w3.org/2000/svg";
// Of the drawing, which is stretched to the row: the expression above, the age below.
const WIDTH = 1000;
const STRIP = { top: 0, height: 14 };
const AGES = { top: 18, height: 34 };
const HEIGHT = AGES.top + AGES.height;
const STEP_S = 1;
/** Rows that are shown at first: the faces that were seen longest. */
const FIRST_ROWS = 12;

export class FaceRows {
  /**
   * @param {HTMLElement} root
   * @param {object} options
   * @param {FaceSummary[]} options.faces
   * @param {number} options.durationS
   * @param {number} options.binS seconds of a point of a series
   * @param {((timeS: number) => void) | null} options.onSeek null if there is nothing to seek in
   */
  constructor(root, { faces, durationS, binS, onSeek }) {
    this.root = root;
    this.durationS = Math.max(durationS, 0.001);
    this.binS = binS;
    this.onSeek = onSeek;
    this.scale = ageScale(faces);
    /** @type {HTMLElement[]} */
    this.lanes = [];
    const longest = new Set([...faces].sort((a, b) => b.seen_s - a.seen_s).slice(0, FIRST_ROWS));
    const rows = faces.map((face) => this.row(face, !longest.has(face)));
    part(root, "rows").replaceChildren(...rows);
    this.offerRest(rows.filter((row) => row.hidden));
    this.showLegend(faces);
  }

  /** @param {number} timeS where the video is */
  showTime(timeS) {
    const share = Math.min(1, Math.max(0, timeS / this.durationS));
    this.root.style.setProperty("--at", String(share));
    for (const lane of this.lanes) {
      lane.setAttribute("aria-valuenow", timeS.toFixed(1));
      lane.setAttribute("aria-valuetext", clock(timeS));
    }
  }

  /**
   * @param {FaceSummary} face
   * @param {boolean} hidden
   */
  row(face, hidden) {
    const row = cloneTemplate("face-row-template");
    row.hidden = hidden;
    row.dataset.track = String(face.track_id);
    row.style.setProperty("--face", faceColor(face.track_id));
    part(row, "face-number").textContent = String(face.track_id);
    part(row, "face-traits").textContent = traitsLine(face);
    part(row, "face-expression").textContent = expressionLine(face);
    part(row, "face-seen").textContent = seenLine(face);
    showText(part(row, "face-unsure"), unsureLine(face));
    const picture = part(row, "face-picture", HTMLImageElement);
    picture.hidden = !face.thumbnail;
    if (face.thumbnail) picture.src = `data:image/jpeg;base64,${face.thumbnail}`;
    const lane = part(row, "lane");
    lane.append(this.drawing(face));
    this.makeSeekable(lane, face);
    return row;
  }

  /** @param {FaceSummary} face */
  drawing(face) {
    const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    const x = (/** @type {number} */ timeS) => (WIDTH * timeS) / this.durationS;
    for (const point of face.series) {
      const [start, end] = [Math.max(point.time_s, face.first_s), Math.min(point.time_s + this.binS, this.durationS)];
      const width = Math.max(x(end) - x(start), 1.5);
      const name = Object.entries(point.emotion).reduce((best, each) => (each[1] > best[1] ? each : best))[0];
      svg.append(
        shape("rect", { x: x(start), y: STRIP.top, width, height: STRIP.height, class: `expression-${name}` }),
        shape("rect", { x: x(start), y: this.y(point.age.high), width, height: Math.max(1, this.y(point.age.low) - this.y(point.age.high)), class: "age-band" }),
        shape("rect", { x: x(start), y: this.y(point.age.value) - 0.9, width, height: 1.8, class: "age-line" }),
      );
    }
    return svg;
  }

  /** @param {number} age */
  y(age) {
    const { low, high } = this.scale;
    return AGES.top + AGES.height * (1 - (age - low) / (high - low));
  }

  /**
   * @param {HTMLElement} lane
   * @param {FaceSummary} face
   */
  makeSeekable(lane, face) {
    const seek = this.onSeek;
    if (!seek) return;
    this.lanes.push(lane);
    const attributes = { role: "slider", tabindex: "0", "aria-label": t("videoWords.timeOfFace", { number: String(face.track_id) }), "aria-valuemin": "0", "aria-valuemax": this.durationS.toFixed(1), "aria-valuenow": "0" };
    for (const [name, value] of Object.entries(attributes)) lane.setAttribute(name, value);
    const toPointer = (/** @type {PointerEvent} */ { clientX }) => {
      const { left, width } = lane.getBoundingClientRect();
      seek(Math.min(1, Math.max(0, (clientX - left) / width)) * this.durationS);
    };
    lane.addEventListener("pointerdown", (event) => {
      lane.setPointerCapture(event.pointerId);
      toPointer(event);
    });
    lane.addEventListener("pointermove", (event) => lane.hasPointerCapture(event.pointerId) && toPointer(event));
    lane.addEventListener("keydown", (event) => {
      const nowS = Number(lane.getAttribute("aria-valuenow"));
      /** @type {Record<string, number>} */
      const goals = { ArrowLeft: nowS - STEP_S, ArrowRight: nowS + STEP_S, Home: face.first_s, End: face.last_s };
      if (!(event.key in goals)) return;
      event.preventDefault();
      seek(Math.min(this.durationS, Math.max(0, goals[event.key])));
    });
  }

  /** @param {HTMLElement[]} rest */
  offerRest(rest) {
    const button = part(this.root, "more-faces", HTMLButtonElement);
    button.hidden = rest.length === 0;
    button.textContent = t("videoWords.moreFaces", { count: rest.length });
    button.addEventListener("click", () => {
      for (const row of rest) row.hidden = false;
      button.hidden = true;
    });
  }

  /** @param {FaceSummary[]} faces */
  showLegend(faces) {
    const names = new Set(faces.flatMap((face) => Object.keys(face.emotion.dominant_share)));
    const items = [...names].sort().map((name) => {
      const item = cloneTemplate("legend-template");
      part(item, "legend-color").classList.add(`expression-${name}`);
      part(item, "legend-name").textContent = capitalized(emotionWords(name));
      return item;
    });
    part(this.root, "legend").replaceChildren(...items);
    const { low, high } = this.scale;
    showText(part(this.root, "age-note"), faces.length === 0 ? "" : t("videoWords.ageNote", { low, high }));
  }
}

/**
 * Round ages around all intervals.
 *
 * @param {FaceSummary[]} faces
 */
function ageScale(faces) {
  const points = faces.flatMap(({ series }) => series.map(({ age }) => age));
  const low = points.reduce((least, age) => Math.min(least, age.low), 100);
  const high = points.reduce((most, age) => Math.max(most, age.high), 0);
  return { low: Math.floor(Math.min(low, high) / 10) * 10, high: Math.max(Math.ceil(high / 10) * 10, 10) };
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, typeof value === "number" ? String(Math.round(value * 100) / 100) : value);
  return element;
}
