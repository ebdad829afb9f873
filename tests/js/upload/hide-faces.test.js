import assert from "node:assert/strict";
import { test } from "node:test";

import { anonymizedName, facesWords, hiddenWords } from "../../../static/js/upload/hide-faces.js";

test("the download is named after the photo and the format it came back in", () => {
  assert.equal(anonymizedName("me.HEIC", "image/jpeg"), "me-anonymized.jpg");
  assert.equal(anonymizedName("a:\u202egpj/b.exe", "image/webp"), "a__gpj_b-anonymized.webp");
  assert.equal(anonymizedName("", "image/png"), "photo-anonymized.png");
});

test("the server is told all faces, or the numbers of those that were chosen", () => {
  assert.equal(facesWords([]), "all");
  assert.equal(facesWords([true, true]), "all");
  assert.equal(facesWords([true, false, true]), "1,3");
  assert.equal(facesWords([false, false]), "");
});

test("faces are counted, and missed ones are warned of even if none was found", () => {
  const warning = "Faces may have been missed: check the picture before you share it.";
  assert.equal(hiddenWords(0), `0 faces are hidden. ${warning}`);
  assert.equal(hiddenWords(1), `1 face is hidden. ${warning}`);
  assert.equal(hiddenWords(2), `2 faces are hidden. ${warning}`);
});
