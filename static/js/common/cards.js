/**
 * One card per face: the content of its label, and everything that doesn't fit there.
 *
 * @import { Face, Nets } from "./types.js"
 */

import { cloneTemplate, part, setText } from "./dom.js";
import { faceColor } from "./overlay.js";
import { ageLabel, ageNote, ageWords, capitalized, doubtSentences, emotionRows, emotionWords, evidenceWords, faceNumber, genderWords, percent, titleWords } from "./words.js";

const RULER_YEARS = 100;

/**
 * @param {Face} face
 * @param {number} index
 * @param {Nets} nets
 * @returns {HTMLElement}
 */
export function createCard(face, index, nets) {
  const card = cloneTemplate("face-card-template");
  const number = faceNumber(face, index);
  card.dataset.face = String(index);
  card.style.setProperty("--face", faceColor(number));
  part(card, "number").textContent = String(number);
  fillCard(card, face, nets);
  return card;
}

/**
 * Updates a card. Only changes are written, so that nothing flickers and selected
 * text stays selected.
 *
 * @param {HTMLElement} card
 * @param {Face} face
 * @param {Nets} nets
 */
export function fillCard(card, face, nets) {
  setText(part(card, "title"), titleWords(face, part(card, "number").textContent));
  fillAge(card, face, nets);
  setText(part(card, "gender"), capitalized(genderWords(face.gender.value)));
  setText(part(card, "gender-share"), percent(face.gender.probability));
  setText(part(card, "emotion"), capitalized(emotionWords(face.emotion.dominant)));
  setText(part(card, "emotion-share"), percent(face.emotion.probability));
  fillBars(part(card, "bars"), emotionRows(face.emotion));
  fillDoubts(card, face);
}

/**
 * @param {HTMLElement} card
 * @param {Face} face
 * @param {Nets} nets
 */
function fillAge(card, { age, frames }, nets) {
  setText(part(card, "age-value"), ageWords(age, nets));
  setText(part(card, "age-label"), frames === undefined ? ageLabel(age, nets) : evidenceWords(age, frames, nets));
  setText(part(card, "age-note"), ageNote(age, nets));
  const low = Math.max(0, Math.min(age.low, RULER_YEARS));
  const high = Math.max(low, Math.min(age.high, RULER_YEARS));
  const band = part(card, "band");
  band.style.left = `${(low / RULER_YEARS) * 100}%`;
  band.style.width = `${((high - low) / RULER_YEARS) * 100}%`;
  const tick = part(card, "tick");
  // The midpoint of a range is not a measurement, so the baseline nets get no tick.
  tick.hidden = nets === "baseline";
  tick.style.left = `${(Math.max(0, Math.min(age.value, RULER_YEARS)) / RULER_YEARS) * 100}%`;
}

/**
 * @param {HTMLElement} list
 * @param {{name: string, probability: number, top: boolean}[]} rows
 */
export function fillBars(list, rows) {
  if (list.children.length !== rows.length) list.replaceChildren(...rows.map(() => cloneTemplate("bar-template")));
  rows.forEach(({ name, probability, top }, index) => {
    const bar = list.children[index];
    bar.classList.toggle("top", top);
    setText(part(bar, "bar-name"), capitalized(emotionWords(name)));
    part(bar, "bar-fill").style.width = `${Math.min(1, probability) * 100}%`;
    setText(part(bar, "bar-share"), percent(probability));
  });
}

/**
 * @param {HTMLElement} card
 * @param {Face} face
 */
function fillDoubts(card, { unsure }) {
  const doubts = unsure ?? [];
  const list = part(card, "unsure");
  const sentences = doubtSentences(doubts);
  list.hidden = doubts.length === 0;
  if ([...list.children].map((item) => item.textContent).join() !== sentences.join()) {
    list.replaceChildren(...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
  }
  for (const trait of card.querySelectorAll("[data-trait]")) {
    trait.classList.toggle("doubtful", doubts.some((doubt) => doubt.trait === trait.getAttribute("data-trait")));
  }
}

/**
 * Draws the face from the photo, so that the card is easy to recognize.
 *
 * @param {HTMLElement} card
 * @param {HTMLImageElement} photo
 * @param {Face} face
 */
export function drawThumb(card, photo, { box_ratio: ratio }) {
  const canvas = part(card, "thumb", HTMLCanvasElement);
  const [width, height] = [photo.naturalWidth, photo.naturalHeight];
  const side = Math.max(ratio.width * width, ratio.height * height) * 1.25;
  const left = (ratio.left + ratio.width / 2) * width - side / 2;
  const top = (ratio.top + ratio.height / 2) * height - side / 2;
  canvas.width = canvas.height = Math.round(64 * Math.max(1, devicePixelRatio));
  canvas.getContext("2d")?.drawImage(photo, left, top, side, side, 0, 0, canvas.width, canvas.height);
  canvas.classList.add("drawn");
}
