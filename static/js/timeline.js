/**
 * The charts of one face over time: expression above, age below.
 *
 * @import { Face, LiveReading } from "./types.js"
 * @import { TimelineData } from "./timeline-data.js"
 *
 * @typedef {{label: string, colour: string, line: (face: Face) => number, dash?: number[], hidden?: boolean}} Line
 */

import uPlot from "/vendor/uPlot.esm.js";

import { part, setText } from "./dom.js";
import { toColumns } from "./timeline-data.js";
import { timelineWords } from "./live-words.js";
import { EMOTIONS, VALENCES, capitalised, faceNumber, percent } from "./words.js";

const SHOWN_MS = 60_000;
const LEAST_SHOWN_S = 10;
const REDRAW_MS = 250;
const EXPRESSION_HEIGHT_PX = 190;
const AGE_HEIGHT_PX = 150;

/** @type {Record<string, string>} custom properties, so that dark mode has its own */
const COLOURS = {
  neutral: "--chart-neutral", happiness: "--chart-good", positive: "--chart-good", surprise: "--chart-surprise", sadness: "--chart-sad",
  anger: "--chart-bad", negative: "--chart-bad", disgust: "--chart-disgust", fear: "--chart-fear", contempt: "--chart-contempt",
};

/** @param {string} name of a custom property */
const styled = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class TimelineChart {
  /**
   * @param {HTMLElement} root
   * @param {TimelineData} data
   */
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.select = part(root, "timeline-track", HTMLSelectElement);
    this.drawnMs = 0;
    /** @type {{plot: uPlot, lines: Line[]}[]} */
    this.charts = [];
    /** Whether the face that is in view is shown, until one is chosen. */
    this.following = true;
    this.select.addEventListener("change", () => this.pick(Number(this.select.value)));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.charts.forEach(({ plot }) => plot.redraw()));
    new ResizeObserver(() => this.resize()).observe(part(root, "timeline-charts"));
  }

  /** @param {LiveReading} reading */
  show(reading) {
    const nowMs = performance.now();
    if (reading.faces.length === 0 || nowMs - this.drawnMs < REDRAW_MS) return;
    this.drawnMs = nowMs;
    this.root.hidden = false;
    this.offerTracks();
    if (this.following) this.select.value = String(faceNumber(reading.faces[0], 0));
    if (this.charts.length === 0) this.build(reading.faces[0]);
    this.draw();
  }

  /** @param {number} number of the track to show */
  pick(number) {
    this.offerTracks();
    if (!this.data.numbers.includes(number)) return;
    this.following = false;
    this.select.value = String(number);
    this.draw();
  }

  /** Brings the choice of tracks in line; a chosen one stays chosen. */
  offerTracks() {
    const names = this.data.numbers.map(String);
    const offered = [...this.select.options].map(({ value }) => value);
    if (names.join() === offered.join()) return;
    const chosen = this.select.value;
    this.select.replaceChildren(...names.map((name) => new Option(`Face ${name}`, name)));
    this.select.value = names.includes(chosen) ? chosen : names.at(-1) ?? "";
  }

  /** @param {Face} face the kind of nets decides which lines there are */
  build(face) {
    const [names, share] = face.emotion.scores
      ? [EMOTIONS, (/** @type {Face} */ { emotion }, /** @type {string} */ name) => emotion.scores?.[name] ?? 0]
      : [VALENCES, (/** @type {Face} */ { emotion }, /** @type {string} */ name) => emotion.valence[name] ?? 0];
    const expression = names.map((name) => ({
      label: capitalised(name), colour: COLOURS[name], line: (/** @type {Face} */ each) => 100 * share(each, name),
    }));
    const age = [
      { label: "Up to", colour: "--soft", line: (/** @type {Face} */ each) => each.age.high, dash: [3, 4] },
      { label: "Age", colour: "--accent", line: (/** @type {Face} */ each) => each.age.value },
      { label: "From", colour: "--soft", line: (/** @type {Face} */ each) => each.age.low, dash: [3, 4] },
    ];
    this.add(expression, { height: EXPRESSION_HEIGHT_PX, unit: "%", say: (value) => percent(value / 100), range: () => [0, 100] });
    this.add(age, { height: AGE_HEIGHT_PX, unit: " y", say: (value) => `${Math.round(value)} y`, range: ageRange, bands: [{ series: [1, 3], fill: () => styled("--fill") }] });
  }

  /**
   * @param {Line[]} lines
   * @param {{height: number, unit: string, say: (value: number) => string, range: (plot: uPlot, low: number, high: number) => [number, number], bands?: uPlot.Band[]}} options
   */
  add(lines, { height, unit, say, range, bands }) {
    const place = part(this.root, "timeline-charts");
    const axis = { stroke: () => styled("--soft"), grid: { stroke: () => styled("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const plot = new uPlot({
      width: Math.max(200, place.clientWidth),
      height,
      cursor: { sync: { key: "facetraits" }, drag: { x: false, y: false }, y: false },
      legend: { live: true },
      scales: { x: { time: false, range: (_plot, first) => [Math.max(-SHOWN_MS / 1000, Math.min(first ?? 0, -LEAST_SHOWN_S)), 0] }, y: { range } },
      axes: [{ ...axis, size: 30, space: 80, values: (_plot, ticks) => ticks.map((tick) => (tick === 0 ? "now" : `${-tick} s ago`)) }, { ...axis, size: 48, values: (_plot, ticks) => ticks.map((tick) => `${tick}${unit}`) }],
      bands,
      series: [
        { label: "Seconds ago", value: (_plot, seconds) => (-(seconds ?? 0)).toFixed(1) },
        ...lines.map(({ label, colour, dash }) => ({
          label, dash, width: dash ? 1 : 2, points: { show: false }, stroke: () => styled(colour),
          value: (/** @type {uPlot} */ plot, /** @type {number | null} */ value, /** @type {number} */ index) => legendWords(value ?? plot.data[index]?.at(-1), say),
        })),
      ],
    }, [[], ...lines.map(() => [])], place);
    this.charts.push({ plot, lines });
  }

  draw() {
    const number = Number(this.select.value);
    const every = this.data.samples(number);
    const last = every.at(-1);
    if (!last) return;
    const samples = every.filter(({ timeMs }) => timeMs >= last.timeMs - SHOWN_MS);
    for (const { plot, lines } of this.charts) plot.setData(toColumns(samples, lines.map(({ line }) => line)));
    setText(part(this.root, "timeline-words"), timelineWords(number, samples.map(({ face }) => face)));
  }

  resize() {
    const width = part(this.root, "timeline-charts").clientWidth;
    if (width > 0) for (const { plot } of this.charts) plot.setSize({ width, height: plot.height });
  }
}

/**
 * @param {number | null | undefined} value under the cursor, else the latest
 * @param {(value: number) => string} say
 */
function legendWords(value, say) {
  return value === null || value === undefined ? "–" : say(value);
}

/**
 * Round numbers around what is shown, and never so close that noise looks like news.
 *
 * @param {unknown} _plot
 * @param {number | null} low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function ageRange(_plot, low, high) {
  return [Math.max(0, Math.floor(((low ?? 0) - 5) / 10) * 10), Math.ceil(((high ?? 100) + 5) / 10) * 10];
}
