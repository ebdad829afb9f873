// Cameras that stream with the page's own link, pump, and Socket.IO options.
//
// node bench/replicas/cameras.mjs '{"url": "https://127.0.0.1:8443", "cameras": 6, "fps": 20, "frame": PATH}'
//
// Prints a line of JSON for each reading and each change of a link's state, until it is killed.

import { readFileSync } from "node:fs";
import { io } from "socket.io-client";
import { Adapter } from "../../static/js/live/adapt.js";
import { pumpFrames } from "../../static/js/live/frame-pump.js";
import { LiveLink, socketOptions } from "../../static/js/live/live-link.js";

const { url, cameras, fps, frame } = JSON.parse(process.argv[2]);
const jpeg = new Blob([readFileSync(frame)]);
const say = (/** @type {object} */ what) => process.stdout.write(`${JSON.stringify(what)}\n`);

/** @param {number} camera */
function stream(camera) {
  const adapter = new Adapter({ max_fps: fps, max_width: 640, jpeg_quality: 0.8, max_bytes: 500_000 });
  const socket = io(`${url}/live`, socketOptions());
  const link = new LiveLink(socket, {
    onSettings() {},
    onReading: ({ seq, faces }) => say({ camera, reading: seq, tracks: faces.map(({ track_id }) => track_id) }),
    onProblem: ({ code, title }) => say({ camera, problem: code, title }),
    onState: (state, detail) => say({ camera, state, detail, shard: socket.io.opts.query.shard }),
    onLostAck: () => say({ camera, problem: "lost_ack" }),
  });
  socket.connect();
  void pumpFrames({ link, adapter, grab: async () => jpeg }, new AbortController().signal);
}

for (let camera = 0; camera < cameras; camera += 1) stream(camera);
