import assert from "node:assert/strict";
import { test } from "node:test";

import { ACK_TIMEOUT_MS, LAST_READING_MS, LiveLink } from "../../../static/js/live/live-link.js";
import { pumpFrames } from "../../../static/js/live/frame-pump.js";
import { Adapter } from "../../../static/js/live/adapt.js";
import { makeFace, makeReading } from "../readings.js";

const JPEG = new Blob(["jpeg"]);

/** A socket that the test plays the server of. */
class FakeSocket {
  active = true;
  connects = 0;
  /** @type {{opts: {query?: Record<string, any>}}} */
  io = { opts: { query: { lang: "en" } } };
  /** @type {Record<string, (...given: any[]) => void>} */
  listeners = {};
  /** @type {{seq: number, bytes: ArrayBuffer, ms: number, ack: (error: Error | null) => void}[]} */
  frames = [];
  connect() { this.connects += 1; }
  disconnect() { this.hear("disconnect", "io client disconnect"); }
  /**
   * @param {string} event
   * @param {(...given: any[]) => void} listener
   */
  on(event, listener) { this.listeners[event] = listener; }
  /** @param {number} ms */
  timeout(ms) {
    return {
      /**
       * @param {string} _event
       * @param {any[]} given
       */
      emit: (_event, ...given) => this.frames.push({ ...given[0], bytes: given[1], ack: given[2], ms }),
    };
  }
  /**
   * @param {string} event
   * @param {any} [given]
   */
  hear(event, given) { this.listeners[event](given); }
}

/** @param {number} [highestTrack] */
function connect(highestTrack) {
  const socket = new FakeSocket();
  /** @type {any[]} */
  const heard = [];
  const note = (/** @type {string} */ name) => (/** @type {any[]} */ ...given) => heard.push([name, ...given]);
  let nowMs = 0;
  const link = new LiveLink(socket, {
    onSettings: note("settings"), onReading: note("reading"), onProblem: note("problem"), onState: note("state"), onLostAck: note("lostAck"),
  }, { now: () => (nowMs += 10), highestTrack });
  socket.hear("connect");
  return { socket, link, heard };
}

/** @param {number} seq */
const readingOf = (seq, track = 1) => ({ seq, dropped: 0, ...makeReading([makeFace({ track_id: track, frames: 3 })]) });

test("the ack is the credit for the next frame", async () => {
  const { socket, link } = connect();
  assert.equal(link.free, true);
  await link.send(JPEG);
  assert.equal(link.free, false);
  assert.equal(socket.frames[0].ms, ACK_TIMEOUT_MS);
  assert.equal(socket.frames[0].bytes.byteLength, JPEG.size);
  const changed = link.changed();
  socket.frames[0].ack(null);
  await changed;
  assert.equal(link.free, true);
  await link.send(JPEG);
  assert.deepEqual(socket.frames.map(({ seq }) => seq), [0, 1]);
});

test("a lost ack is told of and given up, and its late answer gives no second credit", async () => {
  const { socket, link, heard } = connect();
  await link.send(JPEG);
  socket.frames[0].ack(new Error("operation has timed out"));
  assert.deepEqual(heard.at(-1), ["lostAck"]);
  assert.equal(link.free, true);
  await link.send(JPEG);
  socket.frames[0].ack(null);
  assert.equal(link.free, false);
});

test("a reading comes with the frame it belongs to, and older frames are forgotten", async () => {
  const { socket, link, heard } = connect();
  for (const seq of [0, 1, 2]) {
    await link.send(new Blob([`frame ${seq}`]));
    socket.frames[seq].ack(null);
  }
  socket.hear("reading", readingOf(1));
  const [, reading, sent] = heard.at(-1);
  assert.equal(reading.seq, 1);
  assert.equal(await sent.jpeg.text(), "frame 1");
  assert.deepEqual([...link.sent.keys()], [2]);
});

test("frames that are never answered do not pile up", async () => {
  const { socket, link } = connect();
  for (let seq = 0; seq < 100; seq += 1) {
    await link.send(JPEG);
    socket.frames[seq].ack(null);
  }
  assert.ok(link.sent.size <= 8);
});

test("after a lost link the credit is back and track numbers go on", async () => {
  const { socket, link, heard } = connect();
  socket.hear("reading", readingOf(0, 4));
  await link.send(JPEG);
  socket.hear("disconnect", "transport close");
  assert.deepEqual(heard.at(-1), ["state", "lost", "transport close"]);
  await link.send(JPEG);
  assert.equal(socket.frames.length, 1, "nothing is sent while the link is down");
  socket.hear("connect");
  assert.equal(link.free, true);
  socket.hear("reading", readingOf(5, 1));
  assert.equal(heard.at(-1)[1].faces[0].track_id, 5);
});

test("a new link does not give old numbers to new faces", () => {
  const { socket, heard } = connect(7);
  socket.hear("reading", readingOf(0, 1));
  assert.equal(heard.at(-1)[1].faces[0].track_id, 8);
});

test("a refusal is told of and tried again; an unreachable server is left to the library", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, heard } = connect();
  socket.active = false;
  socket.hear("connect_error", new Error("2 cameras are connected"));
  assert.deepEqual(heard.at(-1), ["state", "refused", "2 cameras are connected"]);
  context.mock.timers.tick(9_000);
  assert.equal(socket.connects, 0);
  context.mock.timers.tick(2_000);
  assert.equal(socket.connects, 1);
  socket.active = true;
  socket.hear("connect_error", new Error("xhr poll error"));
  context.mock.timers.tick(20_000);
  assert.equal(heard.at(-1)[1], "lost");
  assert.equal(socket.connects, 1);
});

test("each connection has a shard of its own, beside whatever else its address has", () => {
  const { socket, link } = connect();
  const shards = new Set();
  const note = () => shards.add(socket.io.opts.query?.shard);
  note();
  socket.hear("disconnect", "transport close");
  note();
  socket.hear("connect_error", new Error("websocket error"));
  note();
  link.reconnect();
  note();
  assert.equal(shards.size, 4);
  for (const shard of shards) assert.match(shard, /^[0-9a-f]{12}$/);
  assert.equal(socket.io.opts.query?.lang, "en");
});

test("told to move, it waits for the reading of its last frame and connects elsewhere", async () => {
  const { socket, link, heard } = connect();
  const shard = socket.io.opts.query?.shard;
  await link.send(JPEG);
  socket.hear("move");
  assert.equal(link.free, false);
  assert.equal(socket.connects, 0);
  socket.hear("reading", readingOf(0, 4));
  assert.equal(socket.connects, 1);
  assert.notEqual(socket.io.opts.query?.shard, shard);
  socket.hear("connect");
  assert.equal(link.free, true);
  // No state in between that anybody would be told of.
  assert.deepEqual(heard.filter(([name]) => name === "state").map(([, state]) => state), ["open", "moving", "open"]);
  socket.hear("reading", readingOf(5, 1));
  assert.equal(heard.at(-1)[1].faces[0].track_id, 5);
});

test("told to move, it moves at once without a frame under way, and soon with a lost one", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const idle = connect();
  idle.socket.hear("move");
  assert.equal(idle.socket.connects, 1);
  const busy = connect();
  await busy.link.send(JPEG);
  busy.socket.hear("move");
  context.mock.timers.tick(LAST_READING_MS - 1);
  assert.equal(busy.socket.connects, 0);
  context.mock.timers.tick(1);
  assert.equal(busy.socket.connects, 1);
});

test("a server that is gone before the move is a lost link", async () => {
  const { socket, link, heard } = connect();
  await link.send(JPEG);
  socket.hear("move");
  socket.hear("disconnect", "transport close");
  assert.deepEqual(heard.at(-1), ["state", "lost", "transport close"]);
});

test("closing is no loss, and ends the retries", (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const { socket, link, heard } = connect();
  socket.active = false;
  socket.hear("connect_error", new Error("full"));
  link.close();
  assert.deepEqual(heard.at(-1), ["state", "closed", ""]);
  context.mock.timers.tick(60_000);
  assert.equal(socket.connects, 0);
});

test("the pump keeps the rate, sends nothing too large, and ends when it is told", async () => {
  const adapter = new Adapter({ max_fps: 10, max_width: 640, jpeg_quality: 0.8, max_bytes: 10 });
  const stop = new AbortController();
  let nowMs = 0;
  let grabbed = 0;
  /** @type {number[]} */
  const sent = [];
  const link = { free: true, changed: async () => {}, send: async (/** @type {Blob} */ _jpeg, /** @type {number} */ takenMs) => void sent.push(takenMs) };
  const grab = async () => {
    grabbed += 1;
    if (grabbed === 8) stop.abort();
    return new Blob([grabbed === 3 ? "x".repeat(11) : "small"]);
  };
  const before = adapter.height;
  await pumpFrames({ link, adapter, grab, now: () => nowMs, sleep: async (ms) => void (nowMs += ms) }, stop.signal);
  assert.equal(sent.length, 6);
  assert.ok(adapter.height < before);
  sent.slice(1).forEach((ms, index) => assert.ok(ms - sent[index] >= 1000 / 10 - 1e-6));
});
