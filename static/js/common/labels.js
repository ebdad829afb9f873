/**
 * Places the labels of faces so that they cover no face and no other label. Pure:
 * text is measured by a function that is passed in.
 *
 * @import { Rect, Size } from "./types.js"
 *
 * @typedef {Rect & {text: string, spot: number}} Label spot: the index of its position around the box
 *
 * @typedef {object} LabelStyle
 * @property {(text: string) => number} widthOf the whole label's width, with its number and padding
 * @property {number} height
 * @property {number} gap between a label and its box
 */

/**
 * @param {Rect[]} boxes largest face first: the first ones get the best places
 * @param {string[][]} texts for each box, from the longest text to the shortest
 * @param {Size} size of the picture
 * @param {LabelStyle} style
 * @param {(number | undefined)[]} [previous] each label's previous spot, which is kept if it is still free
 * @returns {Label[]} one a box, in the same order
 */
export function placeLabels(boxes, texts, size, style, previous = []) {
  /** @type {Label[]} */
  const placed = [];
  boxes.forEach((box, index) => {
    const others = boxes.filter((_, other) => other !== index);
    placed.push(placeOne(box, texts[index], { size, style, others, placed, previous: previous[index] }));
  });
  return placed;
}

/**
 * @param {Rect} box
 * @param {string[]} texts
 * @param {{size: Size, style: LabelStyle, others: Rect[], placed: Rect[], previous?: number}} scene
 * @returns {Label}
 */
function placeOne(box, texts, { size, style, others, placed, previous }) {
  const taken = [...others, ...placed];
  const isFree = (/** @type {Rect | undefined} */ rect) => rect && isInside(rect, size) && !taken.some((other) => overlaps(rect, other));
  // If a face fills the picture, there is no space around it. Then a position inside,
  // at the forehead or chin, is better than a shorter text somewhere else.
  for (const candidates of [spotsOutside, spotsInside]) {
    for (const text of texts) {
      const label = { width: style.widthOf(text), height: style.height };
      const spots = candidates(box, label, size, style.gap);
      // A label that jumps between two good positions is unreadable.
      const spot = previous !== undefined && isFree(spots[previous]) ? previous : spots.findIndex(isFree);
      if (spot >= 0) return { ...spots[spot], text, spot };
    }
  }
  const text = texts[texts.length - 1];
  return { ...clampInto({ x: box.x, y: box.y, width: style.widthOf(text), height: style.height }, size), text, spot: -1 };
}

/**
 * Above the box, below it, then next to it.
 *
 * @param {Rect} box
 * @param {Size} label
 * @param {Size} size
 * @param {number} gap
 * @returns {Rect[]}
 */
function spotsOutside(box, { width, height }, size, gap) {
  const above = box.y - gap - height;
  const below = box.y + box.height + gap;
  const right = box.x + box.width;
  const lefts = [box.x, right - width, box.x + (box.width - width) / 2].map((x) => clamp(x, 0, size.width - width));
  const spots = [above, below].flatMap((y) => lefts.map((x) => ({ x, y, width, height })));
  for (const x of [right + gap, box.x - gap - width]) {
    for (const y of [box.y, box.y + box.height - height]) spots.push({ x, y, width, height });
  }
  return spots;
}

/**
 * @param {Rect} box
 * @param {Size} label
 * @param {Size} _size
 * @param {number} gap
 * @returns {Rect[]}
 */
function spotsInside(box, { width, height }, _size, gap) {
  if (width + 2 * gap > box.width || height + 2 * gap > box.height) return [];
  const x = box.x + gap;
  return [box.y + gap, box.y + box.height - gap - height].map((y) => ({ x, y, width, height }));
}

/**
 * @param {Rect} a
 * @param {Rect} b
 */
export function overlaps(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * @param {Rect} rect
 * @param {Size} size
 */
function isInside(rect, size) {
  return rect.x >= 0 && rect.y >= 0 && rect.x + rect.width <= size.width && rect.y + rect.height <= size.height;
}

/**
 * @param {Rect} rect
 * @param {Size} size
 */
function clampInto(rect, size) {
  return { ...rect, x: clamp(rect.x, 0, size.width - rect.width), y: clamp(rect.y, 0, size.height - rect.height) };
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}
