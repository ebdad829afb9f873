import assert from "node:assert/strict";
import { test } from "node:test";

/**
 * The elements, defined in a page that is not there: what is pure of them can be asked.
 *
 * @type {Map<string, any>}
 */
const defined = new Map();
Object.assign(globalThis, {
  document: { currentScript: { src: "https://faces.example/on/embed.js" } },
  HTMLElement: class {},
  CSSStyleSheet: class { replaceSync() {} },
  customElements: { get: (/** @type {string} */ name) => defined.get(name), define: (/** @type {string} */ name, /** @type {any} */ kind) => defined.set(name, kind) },
});
// A classic script in the browser and no module for tsc: loaded by a name that is not looked into.
const script = "../../../static/embed/facetraits.js";
await import(script);
const result = defined.get("facetraits-result");
const live = defined.get("facetraits-live");
const HOST = "https://blog.example";

test("the page's address, the embed's and a relative one mean the same frame", () => {
  const expected = "https://faces.example/on/embed/aB-3_x#parent=https%3A%2F%2Fblog.example";
  for (const src of ["https://faces.example/on/results/aB-3_x", "https://faces.example/on/embed/aB-3_x", "results/aB-3_x"]) {
    assert.equal(result.address({ src }, HOST), expected);
  }
});

test("theme, language and parts go into the address, over what is there", () => {
  const { searchParams } = new URL(result.address({ src: "embed/a?theme=light&show=cards", theme: "dark", lang: "en", show: null }, HOST));
  assert.deepEqual([...searchParams], [["theme", "dark"], ["show", "cards"], ["lang", "en"]]);
});

for (const src of [
  null, "", "https://evil.example/embed/a", "https://faces.example.evil.example/embed/a", "http://faces.example/on/embed/a", "//evil.example/embed/a",
  "javascript:alert(1)", "data:text/html,x", "blob:https://faces.example/embed/a", "https://faces.example/", "https://faces.example/embed/", "embed/live", "https://", "embed/a/../../b",
]) {
  test(`a result's element refuses ${src}`, () => assert.equal(result.address({ src }, HOST), null));
}

test("the live element shows the live page, and nothing else", () => {
  assert.equal(new URL(live.address({ src: null }, HOST)).pathname, "/on/embed/live");
  assert.equal(live.address({ src: "https://evil.example/embed/live" }, HOST), null);
  assert.equal(live.address({ src: "results/a" }, HOST), null);
});

test("a height is a number within bounds, whatever the frame says", () => {
  assert.deepEqual([812.2, 5, 1e9, -1, Number.NaN, Infinity, "900px", undefined].map(result.bounded), [813, 60, 30_000, 60, 60, 30_000, 60, 60]);
});

test("the script may be there twice", async () => {
  const again = `${script}?again`;
  await import(again);
  assert.equal(defined.get("facetraits-result"), result);
});
