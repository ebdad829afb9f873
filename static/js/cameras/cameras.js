/**
 * The page of cameras: the wall, and the figures of the chosen camera.
 *
 * @import { Camera, Count, Figures, Period } from "./camera-api.js"
 */

import { offerLogin } from "../common/api-key.js";
import { cloneTemplate, part, setText } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { save } from "../common/exports.js";
import { asProblem, problemLine } from "../common/problems.js";
import { CameraCard } from "./camera-card.js";
import { fetchJson, fetchWithKey } from "./camera-api.js";
import { appearancesWords, countWords, groupWords, periodWords } from "./camera-words.js";
import { drawChart } from "./figures-chart.js";

const EVERY_MS = 2000;
const FIGURES_EVERY_MS = 60_000;
const TRAITS = /** @type {const} */ (["age", "gender", "expression"]);

const root = part(document, "cameras");
const wall = part(root, "wall");
const panel = part(root, "figures");
/** @type {Map<string, CameraCard>} */
const cards = new Map();
/** @type {Camera | null} */
let chosen = null;
/** @type {Figures["by"]} */
let by = "hour";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
let drawnMs = 0;
let round = 0;

async function refresh() {
  clearTimeout(timer);
  const mine = ++round;
  try {
    const { cameras } = await fetchJson(root.dataset.apiUrl ?? "");
    showWall(cameras);
    await Promise.all([...cards.values()].map((card) => card.refreshPicture()));
    if (chosen && Date.now() - drawnMs > FIGURES_EVERY_MS) await showFigures();
  } catch (error) {
    showProblem(error);
  }
  // A new key begins a round of its own.
  if (mine === round) timer = setTimeout(refresh, EVERY_MS);
}

/** @param {unknown} error */
function showProblem(error) {
  setText(part(root, "status"), problemLine(error));
  if (asProblem(error).status >= 400) showWall(null);
}

/** @param {Camera[] | null} cameras null: they may not be seen */
function showWall(cameras) {
  const names = new Set(cameras?.map(({ name }) => name));
  for (const [name, card] of cards) {
    if (names.has(name)) continue;
    card.remove();
    cards.delete(name);
  }
  if (chosen && !names.has(chosen.name)) chosen = null;
  panel.hidden = chosen === null;
  if (!cameras) return;
  setText(part(root, "status"), cameras.length ? "" : t("cameraWords.none"));
  for (const camera of cameras) showCamera(camera);
  if (!chosen && cameras.length) choose(cameras[0]);
}

/** @param {Camera} camera */
function showCamera(camera) {
  let card = cards.get(camera.name);
  if (!card) {
    card = new CameraCard(camera, choose);
    cards.set(camera.name, card);
    wall.append(card.element);
  }
  card.show(camera, chosen?.name === camera.name);
}

/** @param {Camera} camera */
function choose(camera) {
  chosen = camera;
  for (const card of cards.values()) card.show(card.camera, card.camera.name === camera.name);
  showFigures().catch(showProblem);
}

async function showFigures() {
  const camera = chosen;
  if (!camera) return;
  drawnMs = Date.now();
  const figures = /** @type {Figures} */ (await fetchJson(`${camera.figures_url}?by=${by}`));
  if (camera.name !== chosen?.name || figures.by !== by) return;
  setText(part(panel, "figures-title"), camera.title);
  panel.hidden = false;
  drawChart(part(panel, "chart"), figures, (period) => showPeriod(period, figures.by));
  const latest = [...figures.periods].reverse().find(({ appearances }) => appearances) ?? figures.periods.at(-1);
  if (latest) showPeriod(latest, figures.by);
}

/**
 * @param {Period} period
 * @param {Figures["by"]} by
 */
function showPeriod(period, by) {
  part(panel, "period").hidden = false;
  setText(part(panel, "period-title"), periodWords(period, by));
  setText(part(panel, "period-words"), appearancesWords(period));
  part(panel, "groups").replaceChildren(...TRAITS.filter((trait) => period[trait]).map((trait) => createGroup(trait, period[trait] ?? {})));
}

/**
 * @param {typeof TRAITS[number]} trait
 * @param {Record<string, Count | null>} counts
 */
function createGroup(trait, counts) {
  const group = cloneTemplate("group-template");
  const most = Math.max(5, ...Object.values(counts).map((count) => count?.high ?? 0));
  setText(part(group, "group-title"), t(`cameraWords.group.${trait}`));
  const rows = Object.entries(counts).map(([name, count]) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = groupWords(trait, name);
    const meter = document.createElement("meter");
    meter.max = most;
    meter.value = count?.count ?? 0;
    meter.setAttribute("aria-hidden", "true");
    const bar = row.insertCell();
    bar.className = "meter";
    bar.append(meter);
    row.insertCell().textContent = countWords(count);
    row.prepend(head);
    return row;
  });
  part(group, "group-rows").append(...rows);
  return group;
}

/** @param {Figures["by"]} wanted */
function showBy(wanted) {
  by = wanted;
  part(panel, "by-hour").setAttribute("aria-pressed", String(by === "hour"));
  part(panel, "by-day").setAttribute("aria-pressed", String(by === "day"));
  showFigures().catch(showProblem);
}

/** @param {"csv" | "json"} form */
async function download(form) {
  if (!chosen) return;
  const url = form === "csv" ? chosen.csv_url : chosen.figures_url;
  try {
    save(await (await fetchWithKey(`${url}?by=${by}`)).blob(), `${chosen.name}-by-${by}.${form}`);
  } catch (error) {
    showProblem(error);
  }
}

part(panel, "by-hour").addEventListener("click", () => showBy("hour"));
part(panel, "by-day").addEventListener("click", () => showBy("day"));
part(panel, "save-csv").addEventListener("click", () => download("csv"));
part(panel, "save-json").addEventListener("click", () => download("json"));
offerLogin(root, refresh);
refresh();
