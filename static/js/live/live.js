/** The live page: connects the session to its display. */

import { offerLogin, storedKey } from "../common/api-key.js";
import { facingOf, listCameras } from "./camera.js";
import { part, setText, showText } from "../common/dom.js";
import { save } from "../common/exports.js";
import { t } from "../common/i18n.js";
import { LensWatch } from "./lens.js";
import { LiveCards } from "./live-cards.js";
import { Hud } from "./live-hud.js";
import { socketOptions } from "./live-link.js";
import { LiveSession } from "./live-session.js";
import { offerLinks } from "./live-share.js";
import { momentName, saveMoment } from "./live-snapshot.js";
import { LiveStage } from "./live-stage.js";
import { inViewWords, liveProblemWords, stateWords } from "./live-words.js";
import { TimelineData } from "./timeline-data.js";

const RESTORED_SHOWN_MS = 6000;

const root = part(document, "live");
const video = part(root, "video", HTMLVideoElement);
const cameras = part(root, "cameras", HTMLSelectElement);
const startButton = part(root, "start", HTMLButtonElement);
const stopButton = part(root, "stop", HTMLButtonElement);
const history = new TimelineData();
const hud = new Hud(part(root, "hud"));
const stage = new LiveStage(root, pick);
const lens = new LensWatch(video);
const cards = new LiveCards(part(root, "cards"), { onPoint: point, onPick: pick });
offerLogin(root);
const session = new LiveSession(video, openSocket, { onState, onProblem, onRestored, onReading, onCamera });

/** @type {import("./timeline.js").TimelineChart | null} */
let chart = null;
/** @type {import("./live-snapshot.js").Moment | null} the latest reading, with its picture */
let moment = null;
/** The numbers of the face under the pointer and of the selected one, 0 for none. */
let pointed = 0;
let picked = 0;
/** @type {"user" | "environment"} */
let facing = "user";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let restoredTimer;

async function openSocket() {
  const [{ io }, { TimelineChart }] = await Promise.all([import("/vendor/socket.io.esm.min.js"), import("./timeline.js")]);
  chart ??= new TimelineChart(part(root, "timeline"), history);
  return io(root.dataset.namespace ?? "/live", {
    ...socketOptions(), auth: (/** @type {(data: object) => void} */ send) => send({ key: storedKey() }),
  });
}

/** @param {import("./live-words.js").LiveState} state */
function onState(state) {
  const running = state !== "off";
  root.dataset.state = state;
  clearTimeout(restoredTimer);
  setText(part(root, "status"), stateWords(state));
  const places = { off: ["cover", "hints"], on: ["running", "hud", "faces"] };
  for (const name of running ? places.on : places.off) part(root, name).hidden = false;
  for (const name of running ? places.off : places.on) hide(part(root, name));
  showChoice();
  if (!running) clear();
}

/**
 * If the hidden element had the focus, it moves to the next step.
 *
 * @param {HTMLElement} place
 */
function hide(place) {
  const focused = place.contains(document.activeElement);
  place.hidden = true;
  if (focused) focusOnNextStep();
}

function focusOnNextStep() {
  (session.running ? stopButton : startButton).focus();
}

/** Another camera can be chosen while one is on, or if it could solve a problem. */
function showChoice() {
  const wanted = session.running || advisesCamera();
  const choice = part(root, "camera-choice");
  if (wanted && cameras.length > 1) choice.hidden = false;
  else hide(choice);
}

function advisesCamera() {
  return session.problem !== "" && liveProblemWords(session.problem).offersCameras === true;
}

/** Clears the picture; the timeline stays so that it can be viewed and saved. */
function clear() {
  stage.stop();
  cards.clear();
  hud.clear();
  chart?.follow();
  pointed = picked = 0;
  forgetMoment();
  setText(part(root, "in-view"), "");
}

function forgetMoment() {
  moment = null;
  offerSnapshot();
}

/** With blur, no link is offered, because the picture would be stored without the blur. */
function offerSnapshot() {
  part(root, "snapshot", HTMLButtonElement).disabled = moment === null;
  const share = part(root, "snapshot-share");
  if (moment && !stage.blurred) share.hidden = false;
  else hide(share);
}

/**
 * @param {string} code
 * @param {string} detail
 */
function onProblem(code, detail) {
  const block = part(root, "problem");
  block.dataset.code = code;
  showChoice();
  if (code === "") return hide(block);
  if (advisesCamera()) void offerCameras();
  block.hidden = false;
  const words = liveProblemWords(code, detail);
  setText(part(block, "problem-title"), words.title);
  setText(part(block, "problem-advice"), words.advice);
  const button = part(block, "problem-button", HTMLButtonElement);
  showText(button, words.button ?? "");
  button.dataset.remedy = words.remedy ?? "";
  part(block, "problem-upload").hidden = !words.offersUpload;
  notifyEmbed("problem", { code, title: words.title });
  part(block, "problem-tab").hidden = !(words.offersOwnTab || (code === "denied" && self !== top));
}

function onRestored() {
  setText(part(root, "status"), t("liveWords.state.restored"));
  restoredTimer = setTimeout(() => setText(part(root, "status"), stateWords(session.state)), RESTORED_SHOWN_MS);
}

/**
 * @param {import("../common/types.js").LiveReading} reading
 * @param {import("./live-link.js").Sent} sent
 */
function onReading(reading, sent) {
  const nowMs = performance.now();
  stage.show(reading, sent.sentMs);
  moment = { jpeg: sent.jpeg, reading, held: stage.boxAnimation.held(reading.faces), when: new Date() };
  cards.show(reading, nowMs);
  hud.saw(reading, sent, nowMs);
  history.add(reading, Date.now());
  chart?.show(reading);
  mark();
  offerSnapshot();
  setText(part(root, "in-view"), inViewWords(reading.faces.length, lens.covered));
  notifyEmbed("reading", reading);
}

/**
 * Sends an event to the embed, which forwards it to the parent page.
 *
 * @param {"reading" | "problem"} what
 * @param {object} detail
 */
function notifyEmbed(what, detail) {
  root.dispatchEvent(new CustomEvent(`facetraits-${what}`, { bubbles: true, detail }));
}

/** @param {MediaStream} stream */
async function onCamera(stream) {
  facing = facingOf(stream);
  stage.start();
  // It was from another camera.
  forgetMoment();
  // Only a camera that faces the user is mirrored.
  const mirror = part(root, "mirror", HTMLInputElement);
  mirror.checked = facing === "user";
  stage.set({ mirrored: mirror.checked });
  await offerCameras();
}

async function offerCameras() {
  const every = await listCameras().catch(() => []);
  // The camera that is on by now, or else the previous choice.
  const chosen = session.stream?.getVideoTracks()[0]?.getSettings().deviceId ?? cameras.value;
  cameras.replaceChildren(...every.map(({ id, name }) => new Option(name, id)));
  if (!chosen) cameras.prepend(new Option(t("liveWords.chooseCamera"), ""));
  cameras.value = chosen;
  showChoice();
  part(root, "flip").hidden = every.length < 2;
}

/** Updates what is shown once per second, even without new readings. */
function growOld() {
  const nowMs = performance.now();
  chart?.growOld();
  if (!session.running) return;
  hud.show(nowMs);
  lens.look();
  cards.forget(nowMs);
  if (cards.cards.size === 0 && session.state !== "live") setText(part(root, "in-view"), "");
}

/** @param {number} number of the face under the pointer, 0 for none */
function point(number) {
  pointed = number;
  mark();
}

/** @param {number} number of the face to select; if it is already selected, it is deselected */
function pick(number) {
  picked = number === picked ? 0 : number;
  if (picked) chart?.pick(picked);
  else chart?.follow();
  mark();
}

function mark() {
  const active = pointed || picked;
  if (active !== stage.active) stage.set({ active });
  cards.mark(active, picked);
}

async function saveSnapshot() {
  if (!moment) return;
  const trouble = part(root, "snapshot-problem");
  showText(trouble, "");
  try {
    await saveMoment(moment, { blurred: stage.blurred });
  } catch (error) {
    showText(trouble, error instanceof Error ? error.message : String(error));
  }
}

/** @type {Record<string, () => void>} what a problem's button does */
const REMEDIES = {
  start: () => void session.start({ deviceId: cameras.value, facing }),
  reconnect: () => session.reconnect(),
  reload: () => location.reload(),
};

/**
 * @param {string} name
 * @param {(input: HTMLInputElement) => void} onChange
 */
function listenToSwitch(name, onChange) {
  const input = part(root, name, HTMLInputElement);
  input.addEventListener("change", () => onChange(input));
}

startButton.addEventListener("click", () => void session.start());
stopButton.addEventListener("click", () => session.stop());
cameras.addEventListener("change", () => void session.start({ deviceId: cameras.value }));
part(root, "flip").addEventListener("click", () => void session.start({ facing: facing === "user" ? "environment" : "user" }));
part(root, "problem-button").addEventListener("click", (event) => {
  REMEDIES[/** @type {HTMLElement} */ (event.currentTarget).dataset.remedy ?? ""]?.();
});
part(root, "snapshot").addEventListener("click", () => void saveSnapshot());
part(root, "timeline-csv").addEventListener("click", () => save(new Blob([history.toCsv()], { type: "text/csv" }), momentName("csv", new Date())));
listenToSwitch("mirror", ({ checked }) => stage.set({ mirrored: checked }));
listenToSwitch("blur", ({ checked }) => {
  stage.set({ blurred: checked });
  offerSnapshot();
});
document.addEventListener("visibilitychange", () => session.setHidden(document.hidden));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && picked) pick(picked);
});
// A page in the back/forward cache must not keep the camera.
addEventListener("pagehide", () => session.stop());
navigator.mediaDevices?.addEventListener("devicechange", () => {
  if (session.stream || advisesCamera()) void offerCameras();
});
setInterval(growOld, 1000);
if (self !== top) {
  // Links in an iframe must open in a new tab.
  part(root, "problem-upload", HTMLAnchorElement).target = "_blank";
}
offerLinks(root, { getMoment: () => moment, takeFocus: focusOnNextStep });
startButton.disabled = false;
