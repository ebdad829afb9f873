/**
 * Where the faces are at each time of a video. The server's file of boxes has a line for each frame
 * that was read; it is fetched in parts, by the index in the summary, so that a long video needs
 * no more memory than a short one.
 *
 * @import { Face } from "../common/types.js"
 *
 * @typedef {[timeS: number, faces: any[][]]} Row a line of the file
 */

// A browser's time of a frame differs a little from the one in the file.
const SLACK_S = 0.004;
// The parts around the one that is shown: a jump back should not load it again.
const KEPT_PARTS = 6;

export class Boxes {
  /**
   * @param {object} options
   * @param {string} options.url of the file
   * @param {[number, number][]} options.index seconds and bytes of the beginning of each part
   * @param {number} options.holdS for how long the boxes of a frame are valid
   * @param {(url: string, range: string) => Promise<string>} [options.fetchPart]
   */
  constructor({ url, index, holdS, fetchPart = fetchRange }) {
    this.url = url;
    this.index = index;
    this.holdS = holdS;
    this.fetchPart = fetchPart;
    /** @type {Map<number, Row[] | Promise<void>>} */
    this.parts = new Map();
  }

  /**
   * The faces at a time.
   *
   * @param {number} timeS
   * @returns {Face[] | null} null if they have not been loaded yet
   */
  at(timeS) {
    const number = this.partOf(timeS);
    if (number < 0) return [];
    const rows = this.parts.get(number);
    if (!Array.isArray(rows)) return null;
    const row = rows[lastIndex(rows, ([rowS]) => rowS <= timeS + SLACK_S)];
    return row && timeS - row[0] <= this.holdS ? row[1].map(faceOf) : [];
  }

  /**
   * Loads what is needed at a time and soon after it.
   *
   * @param {number} timeS
   * @returns {Promise<void>} settles when the faces at that time are known
   */
  async load(timeS) {
    const number = this.partOf(timeS);
    if (number < 0) return;
    const needed = this.loadPart(number);
    if (number + 1 < this.index.length) void this.loadPart(number + 1).catch(() => {});
    await needed;
  }

  /** @param {number} timeS */
  partOf(timeS) {
    return lastIndex(this.index, ([startS]) => startS <= timeS + SLACK_S);
  }

  /** @param {number} number */
  async loadPart(number) {
    const known = this.parts.get(number);
    if (known) return void (await known);
    const loading = this.fetchRows(number);
    this.parts.set(number, loading);
    try {
      await loading;
    } catch (error) {
      this.parts.delete(number); // so that the next frame tries again
      throw error;
    }
    for (const other of [...this.parts.keys()]) {
      if (this.parts.size > KEPT_PARTS && Math.abs(other - number) > 1) this.parts.delete(other);
    }
  }

  /** @param {number} number */
  async fetchRows(number) {
    const [start, end] = [this.index[number][1], this.index[number + 1]?.[1]];
    const text = await this.fetchPart(this.url, `bytes=${start}-${end === undefined ? "" : end - 1}`);
    this.parts.set(number, text.trimEnd().split("\n").filter(Boolean).map((line) => JSON.parse(line)));
  }
}

/**
 * @param {string} url
 * @param {string} range
 */
async function fetchRange(url, range) {
  const answer = await fetch(url, { headers: { Range: range } });
  if (!answer.ok) throw new Error(`The boxes could not be loaded: ${answer.status}`);
  return answer.text();
}

/**
 * @template T
 * @param {T[]} list of which a first part matches
 * @param {(item: T) => boolean} matches
 * @returns {number} the index of the last that does, -1 if none does
 */
function lastIndex(list, matches) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * A face as it is drawn; the file has its values without their names.
 *
 * @param {any[]} values
 * @returns {Face}
 */
function faceOf([number, left, top, width, height, age, low, high, range, gender, genderProbability, emotion, emotionProbability]) {
  return /** @type {any} */ ({
    track_id: number,
    box_ratio: { left, top, width, height },
    landmarks: [],
    age: { value: age, low, high, range },
    gender: { value: gender, probability: genderProbability },
    emotion: { dominant: emotion, probability: emotionProbability },
    unsure: [],
  });
}
