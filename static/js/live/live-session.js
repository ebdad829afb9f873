/**
 * A session of the live page, from the camera to the readings: opens and closes
 * the camera and the link, sends frames, and reports its state. It draws nothing.
 *
 * @import { CameraChoice } from "./camera.js"
 * @import { LinkSocket, LinkState, Sent } from "./live-link.js"
 * @import { LiveState } from "./live-words.js"
 * @import { LiveReading, ServerProblem } from "../common/types.js"
 *
 * @typedef {object} SessionHandlers
 * @property {(state: LiveState) => void} onState
 * @property {(code: string, detail: string) => void} onProblem code "" if the problem is solved
 * @property {() => void} onRestored the link was lost and has been restored
 * @property {(reading: LiveReading, sent: Sent) => void} onReading of a frame from the current camera
 * @property {(stream: MediaStream) => void} onCamera
 */

import { Adapter } from "./adapt.js";
import { CameraProblem, openCamera, release } from "./camera.js";
import { createGrabber, playFirstFrame } from "./capture.js";
import { pumpFrames } from "./frame-pump.js";
import { LiveLink } from "./live-link.js";

// Slow cameras take two seconds to open.
const FIRST_FRAME_MS = 8000;
const SILENT_AFTER_MS = 6000;
const WATCH_MS = 1000;
// One refused frame is noise; so many in a row are a problem to report.
const REFUSALS = 5;
const OF_THE_LINK = new Set(["lost", "unreachable", "refused", "silent", "overloaded", "unreadable"]);

export class LiveSession {
  /**
   * @param {HTMLVideoElement} video
   * @param {() => Promise<LinkSocket>} openSocket
   * @param {SessionHandlers} handlers
   */
  constructor(video, openSocket, handlers) {
    this.video = video;
    this.openSocket = openSocket;
    this.handlers = handlers;
    this.grab = createGrabber(video);
    this.adapter = new Adapter();
    /** @type {LiveState} */
    this.state = "off";
    this.problem = "";
    this.hidden = false;
    this.refusals = 0;
    this.heardMs = 0;
    this.highestTrack = 0;
    /** Counts starts and stops, to ignore late results of earlier ones. */
    this.round = 0;
    /** @type {MediaStream | null} */
    this.stream = null;
    this.streamMs = 0;
    /** @type {LiveLink | null} */
    this.link = null;
    /** @type {AbortController | null} */
    this.pump = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.watch = undefined;
  }

  get running() {
    return this.state !== "off";
  }

  /**
   * Starts, or switches to another camera.
   *
   * @param {CameraChoice} [choice]
   */
  async start(choice = {}) {
    this.round += 1;
    const round = this.round;
    this.closeCamera();
    this.enter("starting");
    this.notify("");
    try {
      const stream = await openCamera(choice);
      // Stopped while the browser asked for permission.
      if (round !== this.round) return release(stream);
      this.useCamera(stream);
      await playFirstFrame(this.video, FIRST_FRAME_MS);
      const socket = this.link ? null : await this.makeSocket();
      if (round !== this.round) return void socket?.disconnect();
      if (socket) this.openLink(socket);
    } catch (error) {
      if (round === this.round) this.fail(error);
      return;
    }
    this.settle();
  }

  async makeSocket() {
    try {
      return await this.openSocket();
    } catch {
      throw new CameraProblem("missing_part");
    }
  }

  /** @param {unknown} error */
  fail(error) {
    if (error instanceof CameraProblem) this.notify(error.code, error.message === error.code ? "" : error.message);
    else this.notify("camera_failed", error instanceof Error ? error.message : String(error));
    this.close();
  }

  stop() {
    this.notify("");
    this.close();
  }

  /** Ends everything except the reported problem; the camera's light goes out. */
  close() {
    this.round += 1;
    this.closeCamera();
    this.link?.close();
    this.highestTrack = this.link?.highestTrack ?? this.highestTrack;
    this.link = null;
    clearInterval(this.watch);
    this.enter("off");
  }

  /** @param {MediaStream} stream */
  useCamera(stream) {
    this.stream = stream;
    this.streamMs = performance.now();
    this.video.srcObject = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      // Our own stop() doesn't trigger this event.
      if (this.stream !== stream) return;
      this.notify("unplugged");
      this.close();
    });
    this.handlers.onCamera(stream);
  }

  closeCamera() {
    this.pump?.abort();
    this.pump = null;
    release(this.stream);
    this.stream = null;
    this.video.srcObject = null;
  }

  /** @param {LinkSocket} socket */
  openLink(socket) {
    this.adapter = new Adapter();
    this.link = new LiveLink(socket, {
      onSettings: (settings) => this.adapter.obey(settings),
      onReading: (reading, sent) => this.onReading(reading, sent),
      onProblem: (problem) => this.onRefusedFrame(problem),
      onState: (state, detail) => this.onLink(state, detail),
      onLostAck: () => this.adapter.fall(performance.now()),
    }, { highestTrack: this.highestTrack });
    this.heardMs = performance.now();
    clearInterval(this.watch);
    this.watch = setInterval(() => this.listenForSilence(), WATCH_MS);
    socket.connect();
  }

  /** @param {boolean} hidden whether anybody can see the page */
  setHidden(hidden) {
    this.hidden = hidden;
    if (!this.stream || !this.link) return;
    // Phones pause the video of a hidden page and don't resume it.
    if (!hidden) void this.video.play().catch(() => {});
    this.settle();
  }

  /** Updates the state and the frame pump to match the link and the page. */
  settle() {
    if (!this.stream || !this.link) return;
    // Moving to another server takes a moment, and is nothing to worry anybody with.
    const open = this.link.state === "open" || this.link.state === "moving";
    this.enter(this.hidden ? "paused" : open ? "live" : "connecting");
    this.heardMs = performance.now();
    if (this.hidden) {
      this.pump?.abort();
      this.pump = null;
    } else if (!this.pump) {
      this.pump = new AbortController();
      void pumpFrames({ link: this.link, adapter: this.adapter, grab: this.grab }, this.pump.signal);
    }
  }

  /**
   * @param {LiveReading} reading
   * @param {Sent | undefined} sent
   */
  onReading(reading, sent) {
    this.heardMs = performance.now();
    this.refusals = 0;
    if (sent) this.adapter.answered(sent.sentMs, this.heardMs);
    if (OF_THE_LINK.has(this.problem)) this.notify("");
    // From another camera, or from a frame so old that it was forgotten.
    if (!sent || sent.sentMs < this.streamMs) return;
    if (!this.hidden) this.handlers.onReading(reading, sent);
  }

  /** @param {ServerProblem} problem */
  onRefusedFrame({ code, title, detail }) {
    const nowMs = performance.now();
    this.heardMs = nowMs;
    this.refusals += 1;
    if (code === "overloaded" || code === "too_large") this.adapter.fall(nowMs);
    if (this.refusals >= REFUSALS) this.notify(code === "overloaded" ? "overloaded" : "unreadable", detail || title);
  }

  /**
   * @param {LinkState} state
   * @param {string} detail
   */
  onLink(state, detail) {
    if (state === "closed") return;
    if (state === "open") {
      const lost = this.problem === "lost" || this.problem === "silent";
      if (OF_THE_LINK.has(this.problem)) this.notify("");
      this.settle();
      if (lost) this.handlers.onRestored();
      return;
    }
    if (state === "refused") this.notify("refused", detail);
    else if (state === "lost") this.notify(this.state === "connecting" && this.problem !== "lost" ? "unreachable" : "lost", detail);
    this.settle();
  }

  listenForSilence() {
    const silentMs = performance.now() - this.heardMs;
    if (this.state === "live" && !this.problem && silentMs > SILENT_AFTER_MS) this.notify("silent");
  }

  reconnect() {
    this.link?.reconnect();
  }

  /** @param {LiveState} state */
  enter(state) {
    if (state === this.state) return;
    this.state = state;
    this.handlers.onState(state);
  }

  /**
   * @param {string} code
   * @param {string} [detail]
   */
  notify(code, detail = "") {
    if (code === this.problem) return;
    this.problem = code;
    this.handlers.onProblem(code, detail);
  }
}
