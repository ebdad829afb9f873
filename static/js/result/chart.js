/**
 * A small chart for a face: the probability of each age range and each expression.
 *
 * @import { Face } from "../common/types.js"
 */

import { fillBars } from "../common/cards.js";
import { cloneTemplate, part } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { faceColor } from "../common/overlay.js";
import { ageColumns, emotionRows, faceNumber, percent } from "../common/words.js";

/**
 * @param {Face} face
 * @param {number} index
 * @returns {HTMLElement}
 */
export function createChart(face, index) {
  const chart = cloneTemplate("chart-template");
  const number = faceNumber(face, index);
  chart.style.setProperty("--face", faceColor(number));
  part(chart, "chart-number").textContent = String(number);
  part(chart, "columns").append(...ageColumns(face.age).map(createColumn));
  fillBars(part(chart, "chart-bars"), emotionRows(face.emotion));
  return chart;
}

/** @param {{name: string, probability: number, height: number, top: boolean}} column */
function createColumn({ name, probability, height, top }) {
  const column = cloneTemplate("column-template");
  column.classList.toggle("top", top);
  column.title = t("chart.column", { range: name, percent: percent(probability) });
  part(column, "column-fill").style.height = `${height * 100}%`;
  part(column, "column-name").textContent = name;
  part(column, "column-share").textContent = percent(probability);
  return column;
}
