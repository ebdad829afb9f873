import assert from "node:assert/strict";
import test from "node:test";

import { parentOrigin, wordpressSecret } from "../../../static/js/embed/parent-frame.js";

test("WordPress's secret is read from its own kind of address and no other", () => {
  assert.equal(wordpressSecret("#?secret=a1B2c3D4e5"), "a1B2c3D4e5");
  for (const hash of ["", "#", "#?secret=", "#secret=abc", "#?secret=a-b", "#?secret=abc&x=1", `#?secret=${"a".repeat(65)}`]) {
    assert.equal(wordpressSecret(hash), "", hash);
  }
});

test("the parent's origin is known in a frame that has none", () => {
  assert.equal(parentOrigin({ ancestors: ["https://blog.example"], hash: "#?secret=abc", referrer: "" }), "https://blog.example");
  assert.equal(parentOrigin({ hash: "#?secret=abc", referrer: "https://blog.example/post" }), "https://blog.example");
  assert.equal(parentOrigin({ hash: "#?secret=abc", referrer: "" }), "");
});
