/**
 * The charts of one face over time: expression above, age below.
 *
 * @import { Face, LiveReading } from "../common/types.js"
 * @import { TimelineData } from "./timeline-data.js"
 *
 * @typedef {{label: string, color: string, line: (face: Face) => number, dash?: number[], hidden?: boolean}} Line
 */

import uPlot from "/vendor/uPlot.esm.js";

import { part, setText } from "../common/dom.js";
import { formatNumber, formatPercent, t } from "../common/i18n.js";
import { toColumns } from "./timeline-data.js";
import { NOW_S, timelineWords } from "./live-words.js";
import { EMOTIONS, VALENCES, capitalized, emotionWords, faceNumber, percent } from "../common/words.js";

const SHOWN_MS = 60_000;
const LEAST_SHOWN_S = 10;
const REDRAW_MS = 250;
// A face that is missing from a few readings is still in view.
const IN_VIEW_MS = 1000;
const EXPRESSION_HEIGHT_PX = 190;
const AGE_HEIGHT_PX = 150;
// No track has this number. It is selected until the next reading has a face.
const IN_VIEW = "0";

/** @type {Record<string, string>} custom properties, so that dark mode can have its own colors */
const COLORS = {
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
    /** Whether to show any face in view, until one is chosen. */
    this.following = true;
    /** Whether the face that is shown was seen some time ago. */
    this.old = false;
    this.select.addEventListener("change", () => (this.shown ? this.pick(this.shown) : this.follow()));
    const redraw = () => this.charts.forEach(({ plot }) => plot.redraw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    // The parent page can change the theme.
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    new ResizeObserver(() => this.resize()).observe(part(root, "timeline-charts"));
  }

  /** @param {LiveReading} reading */
  show(reading) {
    const nowMs = performance.now();
    if (reading.faces.length === 0 || nowMs - this.drawnMs < REDRAW_MS) return;
    this.drawnMs = nowMs;
    this.root.hidden = false;
    const inView = Date.now() - this.data.lastMs(this.shown) <= IN_VIEW_MS;
    this.offerTracks();
    // With two faces of similar size, the largest one alternates, so keep the face that is shown.
    if (this.following && !inView) this.select.value = String(faceNumber(reading.faces[0], 0));
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

  /** Shows what is in view again. */
  follow() {
    this.following = true;
  }

  /** The number of the track that is shown, 0 for none. */
  get shown() {
    return Number(this.select.value);
  }

  /** For how long the face that is shown has not been seen. */
  get agoS() {
    return (Date.now() - this.data.lastMs(this.shown)) / 1000;
  }

  /** Updates how long ago the last sample was: "now" doesn't stay true by itself. */
  growOld() {
    if (this.charts.length === 0) return;
    if (this.old !== this.agoS >= NOW_S) this.draw();
    else this.updateWords();
  }

  /** Updates the list of tracks, keeping the selection. */
  offerTracks() {
    const names = [IN_VIEW, ...this.data.numbers.map(String)];
    const offered = [...this.select.options].map(({ value }) => value);
    if (names.join() === offered.join()) return;
    const chosen = this.select.value;
    this.select.replaceChildren(new Option(t("timeline.faceInView"), IN_VIEW), ...names.slice(1).map((name) => new Option(t("words.title", { number: name }), name)));
    this.select.value = names.includes(chosen) ? chosen : names.at(-1) ?? IN_VIEW;
  }

  /** @param {Face} face any face; the networks determine which lines there are */
  build(face) {
    const [names, share] = face.emotion.scores
      ? [EMOTIONS, (/** @type {Face} */ { emotion }, /** @type {string} */ name) => emotion.scores?.[name] ?? 0]
      : [VALENCES, (/** @type {Face} */ { emotion }, /** @type {string} */ name) => emotion.valence[name] ?? 0];
    const expression = names.map((name) => ({
      label: capitalized(emotionWords(name)), color: COLORS[name], line: (/** @type {Face} */ each) => 100 * share(each, name),
    }));
    const age = [
      { label: t("timeline.high"), color: "--soft", line: (/** @type {Face} */ each) => each.age.high, dash: [3, 4] },
      { label: t("timeline.age"), color: "--accent", line: (/** @type {Face} */ each) => each.age.value },
      { label: t("timeline.low"), color: "--soft", line: (/** @type {Face} */ each) => each.age.low, dash: [3, 4] },
    ];
    this.add(expression, { height: EXPRESSION_HEIGHT_PX, tick: (value) => formatPercent(value / 100), say: (value) => percent(value / 100), range: () => [0, 100] });
    this.add(age, { height: AGE_HEIGHT_PX, tick: yearsWords, say: yearsWords, range: ageRange, bands: [{ series: [1, 3], fill: () => styled("--fill") }] });
  }

  /**
   * @param {Line[]} lines
   * @param {{height: number, tick: (value: number) => string, say: (value: number) => string, range: (plot: uPlot, low: number, high: number) => [number, number], bands?: uPlot.Band[]}} options
   */
  add(lines, { height, tick, say, range, bands }) {
    const place = part(this.root, "timeline-charts");
    const axis = { stroke: () => styled("--soft"), grid: { stroke: () => styled("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
    const plot = new uPlot({
      width: Math.max(200, place.clientWidth),
      height,
      // On the right, half of "last seen" extends beyond the last line.
      padding: [null, 32, null, null],
      cursor: { sync: { key: "facetraits" }, drag: { x: false, y: false }, y: false },
      // As a custom property and not its value, so that the theme can change.
      legend: { live: true, markers: { stroke: (_plot, index) => `var(${lines[index - 1].color})` } },
      scales: { x: { time: false, range: (_plot, first) => [Math.max(-SHOWN_MS / 1000, Math.min(first ?? 0, -LEAST_SHOWN_S)), 0] }, y: { range } },
      // The gap keeps the first time clear of the lowest value.
      axes: [{ ...axis, size: 36, gap: 11, space: 80, values: (_plot, ticks) => ticks.map((seconds) => this.tickWords(-seconds)) }, { ...axis, size: 48, values: (_plot, ticks) => ticks.map(tick) }],
      bands,
      series: [
        { label: t("timeline.secondsAgo"), value: (_plot, seconds) => formatNumber(Math.abs(seconds ?? 0), 1) },
        ...lines.map(({ label, color, dash }) => ({
          label, dash, width: dash ? 1 : 2, points: { show: false }, stroke: () => styled(color),
          value: (/** @type {uPlot} */ plot, /** @type {number | null} */ value, /** @type {number} */ index) => legendWords(value ?? plot.data[index]?.at(-1), say),
        })),
      ],
    }, [[], ...lines.map(() => [])], place);
    this.charts.push({ plot, lines });
  }

  /** @param {number} seconds before the last sample */
  tickWords(seconds) {
    if (this.old) return seconds === 0 ? t("timeline.lastSeen") : t("timeline.before", { seconds });
    return seconds === 0 ? t("timeline.now") : t("timeline.ago", { seconds });
  }

  /** What is shown: the last minute of the chosen track. */
  get samples() {
    return this.data.samples(this.shown, this.data.lastMs(this.shown) - SHOWN_MS);
  }

  draw() {
    const { samples } = this;
    if (samples.length === 0) return;
    const wasOld = this.old;
    this.old = this.agoS >= NOW_S;
    for (const { plot, lines } of this.charts) {
      plot.setData(toColumns(samples, lines.map(({ line }) => line)));
      // The library redraws the axis labels only if its scale has changed.
      if (this.old !== wasOld) plot.redraw(false, true);
    }
    this.updateWords();
  }

  updateWords() {
    const faces = this.samples.map(({ face }) => face);
    if (faces.length > 0) setText(part(this.root, "timeline-words"), timelineWords(this.shown, faces, this.agoS));
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

/** @param {number} value */
function yearsWords(value) {
  return t("timeline.years", { value: Math.round(value) });
}

/**
 * Round limits around the shown values, and never so close that noise looks like a change.
 *
 * @param {unknown} _plot
 * @param {number | null} low
 * @param {number | null} high
 * @returns {[number, number]}
 */
function ageRange(_plot, low, high) {
  return [Math.max(0, Math.floor(((low ?? 0) - 5) / 10) * 10), Math.ceil(((high ?? 100) + 5) / 10) * 10];
}
