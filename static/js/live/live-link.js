/**
 * The Socket.IO link: sends one frame at a time, matches readings with their
 * frames, and reconnects, each time with a new shard. The socket is passed in.
 *
 * @import { LiveReading, LiveSettings, ServerProblem } from "../common/types.js"
 *
 * @typedef {"connecting" | "open" | "moving" | "lost" | "refused" | "closed"} LinkState
 *
 * @typedef {object} Sent
 * @property {Blob} jpeg
 * @property {number} sentMs
 *
 * @typedef {object} LinkSocket the part of a Socket.IO socket that is used
 * @property {boolean} active whether it reconnects by itself
 * @property {() => any} connect
 * @property {() => any} disconnect
 * @property {(event: string, listener: (...given: any[]) => void) => any} on
 * @property {{opts: {query?: Record<string, any>}}} io
 * @property {(ms: number) => {emit: (event: string, ...given: any[]) => any}} timeout
 *
 * @typedef {object} LinkHandlers
 * @property {(settings: LiveSettings) => void} onSettings
 * @property {(reading: LiveReading, sent: Sent | undefined) => void} onReading
 * @property {(problem: ServerProblem) => void} onProblem
 * @property {(state: LinkState, detail: string) => void} onState
 * @property {() => void} onLostAck
 */

import { reshard } from "./shard.js";

/** For Socket.IO, which keeps them. It reconnects soon: when a server dies, another one may take over. */
export function socketOptions() {
  const transports = ["websocket", "polling"];
  return { autoConnect: false, forceNew: true, transports, tryAllTransports: true, reconnectionDelay: 500, reconnectionDelayMax: 4000 };
}
/** After this time, a frame that the server has not acknowledged counts as lost. */
export const ACK_TIMEOUT_MS = 5000;
const REFUSED_RETRY_MS = 10_000;
const DROPPED_RETRY_MS = 1000;
/** How long a link that is told to move waits for the reading of its last frame. */
export const LAST_READING_MS = 1000;
// Frames without a reading: some get a problem, and some are lost.
const MOST_REMEMBERED = 8;

export class LiveLink {
  /**
   * @param {LinkSocket} socket
   * @param {LinkHandlers} handlers
   * @param {{now?: () => number, highestTrack?: number}} [options] now in milliseconds;
   *   highestTrack: the highest number that a face got before, in an earlier link
   */
  constructor(socket, handlers, { now = () => performance.now(), highestTrack = 0 } = {}) {
    this.socket = socket;
    this.handlers = handlers;
    this.now = now;
    /** @type {LinkState} */
    this.state = "connecting";
    this.seq = 0;
    this.awaitsAck = false;
    /** @type {Map<number, Sent>} */
    this.sent = new Map();
    /** @type {(() => void)[]} */
    this.waiters = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.retry = undefined;
    // The server numbers tracks from 1 for each connection; here, the numbering continues.
    this.trackOffset = this.highestTrack = highestTrack;
    reshard(socket);
    this.listen();
  }

  listen() {
    const { socket, handlers } = this;
    socket.on("connect", () => this.onConnect());
    socket.on("disconnect", (/** @type {string} */ reason) => this.onDisconnect(reason));
    socket.on("connect_error", (/** @type {Error} */ error) => this.onRefusal(error));
    socket.on("move", () => this.move());
    socket.on("settings", (settings) => handlers.onSettings(settings));
    socket.on("problem", (problem) => handlers.onProblem(problem));
    socket.on("reading", (reading) => this.onReading(reading));
  }

  /** Whether a frame can be sent now: the ack of one frame is the credit for the next. */
  get free() {
    return this.state === "open" && !this.awaitsAck;
  }

  /** @returns {Promise<void>} settles when `free` may have changed */
  changed() {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  wake() {
    for (const resolve of this.waiters.splice(0)) resolve();
  }

  /**
   * Sends a frame. Only while `free`.
   *
   * @param {Blob} jpeg
   * @param {number} [takenMs] when the picture was taken
   */
  async send(jpeg, takenMs = this.now()) {
    const seq = this.seq;
    this.seq += 1;
    this.awaitsAck = true;
    const bytes = await jpeg.arrayBuffer();
    // Frames emitted while disconnected would be sent later, when they are outdated.
    if (this.state !== "open") return;
    this.remember(seq, { jpeg, sentMs: takenMs });
    this.socket.timeout(ACK_TIMEOUT_MS).emit("frame", { seq }, bytes, (/** @type {Error | null} */ error) => {
      // The ack belongs to an earlier connection, or to a frame that has already been given up.
      if (seq !== this.seq - 1) return;
      if (error && this.state === "open") this.handlers.onLostAck();
      this.awaitsAck = false;
      this.wake();
    });
  }

  /**
   * @param {number} seq
   * @param {Sent} sent
   */
  remember(seq, sent) {
    this.sent.set(seq, sent);
    for (const old of this.sent.keys()) {
      if (this.sent.size > MOST_REMEMBERED) this.sent.delete(old);
    }
  }

  /** @param {LiveReading} reading */
  onReading(reading) {
    const sent = this.sent.get(reading.seq);
    for (const seq of this.sent.keys()) if (seq <= reading.seq) this.sent.delete(seq);
    this.handlers.onReading(this.renumbered(reading), sent);
    if (this.state === "moving" && reading.seq === this.seq - 1) this.leave();
  }

  /**
   * @param {LiveReading} reading
   * @returns {LiveReading} with track numbers that no earlier connection used
   */
  renumbered(reading) {
    const faces = reading.faces.map((face) => ({ ...face, track_id: Number(face.track_id) + this.trackOffset }));
    this.highestTrack = Math.max(this.highestTrack, ...faces.map((face) => face.track_id));
    return { ...reading, faces };
  }

  onConnect() {
    this.trackOffset = this.highestTrack;
    this.awaitsAck = false;
    this.sent.clear();
    this.enter("open");
  }

  /** The server is about to stop: the link moves to another one once its last frame is read. */
  move() {
    if (this.state !== "open") return;
    this.enter("moving");
    if (this.sent.size === 0) this.leave();
    else this.retry = setTimeout(() => this.leave(), LAST_READING_MS);
  }

  leave() {
    clearTimeout(this.retry);
    this.renew("moving");
  }

  /** @param {string} reason */
  onDisconnect(reason) {
    if (this.state === "closed") return;
    reshard(this.socket);
    this.enter("lost", reason);
    // If the server disconnected, the library doesn't reconnect by itself.
    if (!this.socket.active) this.retryIn(DROPPED_RETRY_MS);
  }

  /** @param {Error} error */
  onRefusal(error) {
    if (this.state === "closed") return;
    reshard(this.socket);
    if (this.socket.active) {
      this.enter("lost", error.message);
    } else {
      this.enter("refused", error.message);
      this.retryIn(REFUSED_RETRY_MS);
    }
  }

  /** @param {number} ms */
  retryIn(ms) {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.socket.connect(), ms);
  }

  /**
   * @param {LinkState} state
   * @param {string} [detail]
   */
  enter(state, detail = "") {
    clearTimeout(this.retry);
    this.state = state;
    this.handlers.onState(state, detail);
    this.wake();
  }

  /** Disconnects and reconnects immediately. */
  reconnect() {
    this.enter("connecting");
    this.renew("connecting");
  }

  /** @param {LinkState} state until it is open again */
  renew(state) {
    // Our own disconnect is not a lost connection.
    this.state = "closed";
    this.socket.disconnect();
    this.state = state;
    reshard(this.socket);
    this.socket.connect();
  }

  close() {
    this.enter("closed");
    this.socket.disconnect();
    this.sent.clear();
  }
}
