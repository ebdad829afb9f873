/**
 * Opens, lists, and releases cameras, and classifies their errors.
 *
 * @typedef {{deviceId?: string, facing?: "user" | "environment"}} CameraChoice
 * @typedef {{id: string, name: string}} CameraInfo
 * @typedef {{isSecureContext: boolean, mediaDevices: MediaDevices | undefined, mayUseCamera: boolean, hasOrigin: boolean}} Surroundings
 */

import { t } from "../common/i18n.js";

export class CameraProblem extends Error {
  /**
   * @param {string} code one that live-words.js has a message for
   * @param {string} [detail] the browser's own message
   */
  constructor(code, detail = "") {
    super(detail || code);
    this.name = "CameraProblem";
    this.code = code;
  }
}

/** @type {Record<string, string>} browser error name → our code */
const CODES = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  PermissionDeniedError: "denied",
  NotFoundError: "none",
  DevicesNotFoundError: "none",
  // All that is asked for without a chosen camera is optional: Safari says this where there is none.
  OverconstrainedError: "none",
  ConstraintNotSatisfiedError: "none",
  NotReadableError: "busy",
  TrackStartError: "busy",
  AbortError: "busy",
};

/** @param {{name?: string}} error of getUserMedia */
export function codeOf(error) {
  return CODES[error.name ?? ""] ?? "camera_failed";
}

/** @returns {Surroundings} of this page */
function lookAround() {
  // Only Chromium can tell whether the parent page of an iframe allows the camera.
  const policy = /** @type {any} */ (document).featurePolicy;
  const mayUseCamera = policy?.allowsFeature?.("camera") !== false;
  return { isSecureContext, mediaDevices: navigator.mediaDevices, mayUseCamera, hasOrigin: self.origin !== "null" };
}

/**
 * @param {Surroundings} surroundings
 * @returns {MediaDevices}
 */
function devicesOf({ isSecureContext, mediaDevices, mayUseCamera }) {
  if (!isSecureContext) throw new CameraProblem("insecure");
  if (!mediaDevices?.getUserMedia) throw new CameraProblem("unsupported");
  if (!mayUseCamera) throw new CameraProblem("not_allowed_here");
  return mediaDevices;
}

/**
 * @param {CameraChoice} choice
 * @returns {MediaStreamConstraints}
 */
export function constraintsFor({ deviceId, facing = "user" }) {
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: facing } };
  return { audio: false, video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } } };
}

/**
 * @param {CameraChoice} choice
 * @param {Surroundings} [surroundings]
 * @returns {Promise<MediaStream>} rejects with a CameraProblem, and with nothing else
 */
export async function openCamera(choice, surroundings = lookAround()) {
  const devices = devicesOf(surroundings);
  try {
    return await devices.getUserMedia(constraintsFor(choice));
  } catch (error) {
    const { name, message } = /** @type {DOMException} */ (error);
    const code = codeOf({ name });
    // The chosen camera is no longer there, so use any other.
    if (code === "none" && choice.deviceId) return openCamera({ facing: choice.facing }, surroundings);
    // Nobody can allow it for a frame without an origin, as in a sandbox.
    throw new CameraProblem(code === "denied" && !surroundings.hasOrigin ? "not_allowed_here" : code, message);
  }
}

/**
 * The cameras, with names once access has been granted.
 *
 * @param {MediaDevices | undefined} [devices]
 * @returns {Promise<CameraInfo[]>}
 */
export async function listCameras(devices = navigator.mediaDevices) {
  const every = (await devices?.enumerateDevices?.()) ?? [];
  return every
    .filter(({ kind, deviceId }) => kind === "videoinput" && deviceId)
    .map(({ deviceId, label }, index) => ({ id: deviceId, name: label || t("liveWords.unnamedCamera", { number: String(index + 1) }) }));
}

/** @param {MediaStream | null} stream */
export function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/**
 * The direction that a camera faces. Laptops don't say; their cameras face the user.
 *
 * @param {MediaStream} stream
 * @returns {"user" | "environment"}
 */
export function facingOf(stream) {
  return stream.getVideoTracks()[0]?.getSettings().facingMode === "environment" ? "environment" : "user";
}
