import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { FACE_COLORS } from "../../../static/js/common/overlay.js";

const css = readFileSync(new URL("../../../static/css/app.css", import.meta.url), "utf8");
/** @param {string} selector */
const block = (selector) => css.slice(css.indexOf("{", css.indexOf(selector)) + 1).split("}")[0].replaceAll(/\s+/g, " ");
const LIGHT = block(":root {");
const DARK = block(':root[data-theme="dark"] {');

/**
 * @param {string} tokens
 * @param {string} name
 */
function token(tokens, name) {
  return new RegExp(`--${name}: ([^;]+);`).exec(tokens)?.[1] ?? "";
}

/** @param {string} color as "#14171f" */
function luminance(color) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * As WCAG defines it.
 *
 * @param {string} one
 * @param {string} other
 */
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

test("a theme that is forced dark is the dark that visitors can have", () => {
  assert.ok(DARK.includes("--paper: #"));
  assert.equal(DARK, block(':root:not([data-theme="light"])'));
});

test("every color of the light theme has one in the dark", () => {
  const names = (/** @type {string} */ tokens) => [...tokens.matchAll(/--([\w-]+):/g)].map(([, name]) => name);
  assert.deepEqual(names(LIGHT).filter((name) => !names(DARK).includes(name)), ["radius", "face"]);
});

test("text is read on what it stands on", () => {
  for (const tokens of [LIGHT, DARK]) {
    for (const [text, under] of [["ink", "sheet"], ["soft", "sheet"], ["soft", "paper"], ["warn", "sheet"], ["warn", "warn-paper"], ["bad", "bad-paper"], ["on-accent", "accent"]]) {
      assert.ok(contrast(token(tokens, text), token(tokens, under)) >= 4.5, `${text} on ${under}`);
    }
  }
  // Text that fades is read by fewer people the more there is to doubt.
  for (const [rule] of css.matchAll(/\.doubtful[^}]*\}/g)) assert.doesNotMatch(rule, /opacity/);
});

test("a face's color ends where one can see it, on light tracks by its edge", () => {
  assert.ok(contrast(token(LIGHT, "face-edge"), token(LIGHT, "fill")) >= 3);
  assert.ok(contrast(token(LIGHT, "face-edge"), token(LIGHT, "sheet")) >= 3);
  assert.equal(token(DARK, "face-edge"), "transparent");
  for (const color of FACE_COLORS) assert.ok(contrast(color, token(DARK, "fill")) >= 3, color);
});

test("the charts' lines are seen on their sheet", () => {
  for (const tokens of [LIGHT, DARK]) {
    for (const [, name, color] of tokens.matchAll(/--(chart-\w+): (#\w+)/g)) assert.ok(contrast(color, token(tokens, "sheet")) >= 3, name);
  }
});
