/**
 * One card a face: what the picture's labels say, and everything they have no room for.
 *
 * @import { Face, Nets } from "./types.js"
 */

import { cloneTemplate, part } from "./dom.js";
import { faceColour } from "./overlay.js";
import { ageNote, ageWords, capitalised, doubtSentences, emotionRows, percent } from "./words.js";

const RULER_YEARS = 100;

/**
 * @param {Face} face
 * @param {number} index
 * @param {Nets} nets
 * @returns {HTMLElement}
 */
export function createCard(face, index, nets) {
  const card = cloneTemplate("face-card-template");
  card.dataset.face = String(index);
  card.style.setProperty("--face", faceColour(index));
  part(card, "number").textContent = String(index + 1);
  part(card, "title").textContent = `Face ${index + 1}`;
  fillAge(card, face, nets);
  part(card, "gender").textContent = capitalised(face.gender.value);
  part(card, "gender-share").textContent = percent(face.gender.probability);
  part(card, "emotion").textContent = capitalised(face.emotion.dominant);
  part(card, "emotion-share").textContent = percent(face.emotion.probability);
  fillBars(part(card, "bars"), emotionRows(face.emotion));
  fillDoubts(card, face);
  return card;
}

/**
 * @param {HTMLElement} card
 * @param {Face} face
 * @param {Nets} nets
 */
function fillAge(card, { age }, nets) {
  part(card, "age-value").textContent = ageWords(age, nets);
  part(card, "age-label").textContent = "years, apparent age";
  part(card, "age-note").textContent = ageNote(age, nets);
  const low = Math.max(0, Math.min(age.low, RULER_YEARS));
  const high = Math.max(low, Math.min(age.high, RULER_YEARS));
  const band = part(card, "band");
  band.style.left = `${(low / RULER_YEARS) * 100}%`;
  band.style.width = `${((high - low) / RULER_YEARS) * 100}%`;
  const tick = part(card, "tick");
  // A range's middle is no measurement: the seed's nets get no tick.
  tick.hidden = nets === "seed";
  tick.style.left = `${(Math.max(0, Math.min(age.value, RULER_YEARS)) / RULER_YEARS) * 100}%`;
}

/**
 * @param {HTMLElement} list
 * @param {{name: string, probability: number, top: boolean}[]} rows
 */
export function fillBars(list, rows) {
  list.replaceChildren(...rows.map(({ name, probability, top }) => {
    const bar = cloneTemplate("bar-template");
    bar.classList.toggle("top", top);
    part(bar, "bar-name").textContent = capitalised(name);
    part(bar, "bar-fill").style.width = `${Math.min(1, probability) * 100}%`;
    part(bar, "bar-share").textContent = percent(probability);
    return bar;
  }));
}

/**
 * @param {HTMLElement} card
 * @param {Face} face
 */
function fillDoubts(card, { unsure }) {
  const doubts = unsure ?? [];
  const list = part(card, "unsure");
  list.hidden = doubts.length === 0;
  list.append(...doubtSentences(doubts).map((sentence) => {
    const item = document.createElement("li");
    item.textContent = sentence;
    return item;
  }));
  for (const { trait } of doubts) {
    card.querySelector(`[data-trait="${trait}"]`)?.classList.add("doubtful");
  }
}

/**
 * The face itself, cut from the photo, so that the card is known at a glance.
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
