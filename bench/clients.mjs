// Real Socket.IO clients in a process of their own: the browser's library, in Node.
//
// node bench/clients.mjs '{"url": …, "frames": DIR, "clients": 16, "idle": 0, "seconds": 10, "fps": 0, "flood": false}'
//
// Each client sends the next frame when the last one is taken (the ack is the credit), at
// most fps a second; with flood it sends at fps without waiting. Prints one line of JSON.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { io } from "socket.io-client";

const options = { clients: 1, idle: 0, seconds: 5, fps: 0, flood: false, warmUpS: 1, ...JSON.parse(process.argv[2]) };
const frames = readdirSync(options.frames).sort().map((name) => readFileSync(join(options.frames, name)));

const WAIT_MS = 5000;

function connect() {
  // By the shard, a proxy in front of several servers chooses one.
  const query = { shard: Math.random().toString(16).slice(2, 14) };
  const socket = io(`${options.url}/live`, { query, transports: ["websocket"], forceNew: true, reconnection: false });
  return new Promise((resolve, reject) => {
    socket.once("settings", () => resolve(socket));
    socket.once("connect_error", reject);
  });
}

/** One camera: what it sent, and how long each answer took. */
class Camera {
  constructor(socket, number) {
    this.socket = socket;
    this.offset = number * 7;
    this.sent = new Map();
    this.seq = 0;
    this.trips = [];
    this.behind = [];
    this.problems = 0;
    this.dropped = 0;
    socket.on("reading", (reading) => this.hear(reading));
    socket.on("problem", () => { this.problems += 1; });
    socket.on("disconnect", () => { this.lost = true; });
  }

  hear({ seq, dropped }) {
    const now = performance.now();
    if (counting) {
      this.trips.push(now - this.sent.get(seq));
      // How many newer frames had left by then: 0 is the newest.
      this.behind.push(this.seq - 1 - seq);
    }
    this.dropped = dropped;
    for (const old of this.sent.keys()) if (old <= seq) this.sent.delete(old);
  }

  send(taken) {
    const seq = this.seq++;
    this.sent.set(seq, performance.now());
    const jpeg = frames[(this.offset + seq) % frames.length];
    if (taken) this.socket.timeout(WAIT_MS).emit("frame", { seq }, jpeg, taken);
    else this.socket.emit("frame", { seq }, jpeg);
  }

  start() {
    if (options.flood) {
      this.timer = setInterval(() => this.send(null), 1000 / options.fps);
      return;
    }
    const step = options.fps > 0 ? 1000 / options.fps : 0;
    let due = performance.now();
    const next = () => {
      if (stopped) return;
      due = Math.max(due + step, performance.now() - step);
      this.send(() => setTimeout(next, Math.max(0, due - performance.now())));
    };
    next();
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let counting = false;
let stopped = false;

const idle = [];
for (let i = 0; i < options.idle; i += 1) idle.push(await connect());
const cameras = [];
for (let i = 0; i < options.clients; i += 1) cameras.push(new Camera(await connect(), i));
for (const camera of cameras) camera.start();
await sleep(options.warmUpS * 1000);
counting = true;
const began = performance.now();
await sleep(options.seconds * 1000);
counting = false;
const seconds = (performance.now() - began) / 1000;
stopped = true;
for (const camera of cameras) clearInterval(camera.timer);
console.log(JSON.stringify({
  seconds,
  rates: cameras.map((camera) => camera.trips.length / seconds),
  trips: cameras.flatMap((camera) => camera.trips.map((ms) => Math.round(ms * 100) / 100)),
  behind: cameras.flatMap((camera) => camera.behind),
  problems: cameras.reduce((sum, camera) => sum + camera.problems, 0),
  dropped: cameras.reduce((sum, camera) => sum + camera.dropped, 0),
  lost: [...cameras, ...idle.map((socket) => ({ lost: socket.disconnected }))].filter((c) => c.lost).length,
}));
process.exit(0);
