import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveSession } from "../../../static/js/live/live-session.js";
import { makeReading } from "../readings.js";

const SENT = { jpeg: new Blob(["jpeg"]) };

/** A session whose camera is on, and what its handlers heard. */
function started() {
  const page = /** @type {any} */ (globalThis);
  page.document ??= { createElement: () => ({ getContext: () => null }) };
  /** @type {any[][]} */
  const heard = [];
  const note = (/** @type {string} */ name) => (/** @type {any[]} */ ...given) => void heard.push([name, ...given]);
  const session = new LiveSession(/** @type {any} */ ({}), async () => { throw new Error("no server"); }, {
    onState: note("state"), onProblem: note("problem"), onRestored: note("restored"), onReading: note("reading"), onCamera: note("camera"),
  });
  const track = new EventTarget();
  const stream = /** @type {any} */ ({ getVideoTracks: () => [track], getTracks: () => [] });
  session.enter("starting");
  session.useCamera(stream);
  heard.splice(0);
  return { session, heard, track };
}

test("what another camera saw is heard and not handed on", () => {
  const { session, heard } = started();
  const reading = { seq: 0, dropped: 0, ...makeReading() };
  session.heardMs = 0;
  session.onReading(reading, { ...SENT, sentMs: session.streamMs - 1 });
  session.onReading(reading, undefined);
  assert.equal(heard.length, 0);
  assert.ok(session.heardMs > 0);
  session.onReading(reading, { ...SENT, sentMs: session.streamMs });
  assert.deepEqual(heard.map(([name]) => name), ["reading"]);
});

test("a problem is told before the camera counts as off: what solves it can stay on the page", () => {
  const { heard, track, session } = started();
  track.dispatchEvent(new Event("ended"));
  assert.deepEqual(heard, [["problem", "unplugged", ""], ["state", "off"]]);
  session.stop();
  assert.deepEqual(heard.at(-1), ["problem", "", ""]);
});
