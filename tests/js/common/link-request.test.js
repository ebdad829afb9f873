import assert from "node:assert/strict";
import { test } from "node:test";

import { LinkRequest } from "../../../static/js/common/link-request.js";

const MADE = { id: "aB3", url: "https://faces.example/results/aB3", delete_token: "t", expires_at: "2026-01-31T18:05:09Z" };

/** A request that the test plays the network of. */
class FakeRequest extends EventTarget {
  upload = new EventTarget();
  status = 201;
  responseText = JSON.stringify(MADE);
  aborted = false;
  getResponseHeader() { return null; }
  open() {}
  setRequestHeader() {}
  send() { sent = this; }
  abort() {
    this.aborted = true;
    this.dispatchEvent(new Event("abort"));
  }
}
/** @type {FakeRequest} */
let sent;
/** @type {any} */ (globalThis).XMLHttpRequest = FakeRequest;

function start() {
  const request = new LinkRequest("https://faces.example/api/v1/results");
  const answer = request.send(new Blob(["jpeg"]), "picture", () => {});
  return { request, answer };
}

test("while the photo is leaving, taking it back is to abort it", async () => {
  const { request, answer } = start();
  request.takeBack();
  assert.equal(sent.aborted, true);
  await assert.rejects(answer, { code: "cancelled" });
});

test("once it has left, the answer is awaited: it brings the right to delete what was made", async () => {
  const { request, answer } = start();
  sent.upload.dispatchEvent(new Event("load"));
  assert.equal(request.left, true);
  request.takeBack();
  assert.equal(sent.aborted, false);
  sent.dispatchEvent(new Event("load"));
  assert.deepEqual(await answer, MADE);
  assert.equal(request.takenBack, true);
});
