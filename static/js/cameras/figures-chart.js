/**
 * A bar chart of appearances by hour or day, as SVG. Its bars are buttons.
 *
 * @import { Figures, Period } from "./camera-api.js"
 */

import { formatDate, formatNumber, t } from "../common/i18n.js";
import { appearancesWords, chartScale, periodWords } from "./camera-words.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 900;
const HEIGHT = 260;
const LEFT = 40;
const TOP = 12;
const BOTTOM = 34;
const MOST_LABELS = 8;

/**
 * @param {HTMLElement} place
 * @param {Figures} figures
 * @param {(period: Period) => void} onChoose
 */
export function drawChart(place, figures, onChoose) {
  const { periods, by } = figures;
  const { top, lines } = chartScale(periods);
  const y = (/** @type {number} */ count) => HEIGHT - BOTTOM - (Math.min(count, top) / top) * (HEIGHT - BOTTOM - TOP);
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "group", "aria-label": t(`cameraWords.chart.${by}`) });
  for (const line of lines) {
    svg.append(element("line", { class: "grid", x1: LEFT, x2: WIDTH, y1: y(line), y2: y(line) }), text(formatNumber(line), { x: LEFT - 6, y: y(line) + 4, "text-anchor": "end" }));
  }
  const step = (WIDTH - LEFT) / Math.max(1, periods.length);
  const every = Math.ceil(periods.length / MOST_LABELS);
  periods.forEach((period, index) => {
    const x = LEFT + index * step;
    const bar = createBar(period, by, { x, step, y });
    const choose = () => {
      for (const other of svg.querySelectorAll(".chosen")) other.classList.remove("chosen");
      bar.classList.add("chosen");
      onChoose(period);
    };
    bar.addEventListener("click", choose);
    bar.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        choose();
      }
    });
    svg.append(bar);
    if (index % every === 0) svg.append(text(labelWords(period, by), { x: x + step / 2, y: HEIGHT - 12, "text-anchor": "middle" }));
  });
  place.replaceChildren(svg);
}

/**
 * @param {Period} period
 * @param {Figures["by"]} by
 * @param {{x: number, step: number, y: (count: number) => number}} at
 */
function createBar(period, by, { x, step, y }) {
  const group = element("g", { role: "button", tabindex: 0, "aria-label": t("cameraWords.bar", { period: periodWords(period, by), appearances: appearancesWords(period) }), "data-testid": "bar" });
  group.append(element("rect", { class: "hit", x, y: TOP, width: step, height: HEIGHT - BOTTOM - TOP }));
  const middle = x + step / 2;
  const { appearances } = period;
  if (appearances) {
    const width = Math.max(2, step * 0.7);
    group.append(
      element("rect", { class: period.complete ? "bar" : "bar open", x: middle - width / 2, y: y(appearances.count), width, height: y(0) - y(appearances.count), rx: 2 }),
      element("line", { class: "whisker", x1: middle, x2: middle, y1: y(appearances.low), y2: y(appearances.high) }),
    );
  } else {
    group.append(element("circle", { class: "dot", cx: middle, cy: y(0) - 4, r: 2 }));
  }
  return group;
}

/**
 * @param {Period} period
 * @param {Figures["by"]} by
 */
function labelWords({ start }, by) {
  const at = new Date(start);
  return formatDate(at, by === "day" ? { month: "short", day: "numeric" } : { hour: "numeric" });
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * @param {string} words
 * @param {Record<string, string | number>} attributes
 */
function text(words, attributes) {
  const made = element("text", attributes);
  made.textContent = words;
  return made;
}
