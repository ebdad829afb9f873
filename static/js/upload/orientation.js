/**
 * Which way up a WebP file says it is. Browsers turn JPEG and PNG pictures by their EXIF block, and
 * WebP pictures never; the server turns all of them.
 */

const TAG = 0x0112;
const SHORT = 3;

/**
 * @param {Uint8Array} file the whole of it
 * @returns {number} EXIF's orientation, 1 to 8; 1 where it says nothing or makes no sense
 */
export function webpOrientation(file) {
  const exif = isWebp(file) ? chunk(file, "EXIF") : null;
  if (!exif) return 1;
  // Some writers put JPEG's introduction before the block.
  return tiffOrientation(latin1(exif, 0, 6) === "Exif\0\0" ? exif.subarray(6) : exif);
}

/** @param {Uint8Array} file its first 12 bytes, or more */
export function isWebp(file) {
  return latin1(file, 0, 4) === "RIFF" && latin1(file, 8, 4) === "WEBP";
}

/**
 * The transformation that a canvas needs to draw a picture upright.
 *
 * @param {number} orientation 1 to 8
 * @param {number} width pixels, of the picture as it is stored
 * @param {number} height
 * @returns {{width: number, height: number, transform: [number, number, number, number, number, number]}}
 *   the upright size, and the arguments of `setTransform`
 */
export function upright(orientation, width, height) {
  const turned = orientation >= 5;
  const transforms = /** @type {Record<number, [number, number, number, number, number, number]>} */ ({
    1: [1, 0, 0, 1, 0, 0],
    2: [-1, 0, 0, 1, width, 0],
    3: [-1, 0, 0, -1, width, height],
    4: [1, 0, 0, -1, 0, height],
    5: [0, 1, 1, 0, 0, 0],
    6: [0, 1, -1, 0, height, 0],
    7: [0, -1, -1, 0, height, width],
    8: [0, -1, 1, 0, 0, width],
  });
  return {
    width: turned ? height : width,
    height: turned ? width : height,
    transform: transforms[orientation],
  };
}

/**
 * @param {Uint8Array} file
 * @param {string} name of four letters
 */
function chunk(file, name) {
  const view = viewOf(file);
  for (let at = 12; at + 8 <= file.length; ) {
    const size = view.getUint32(at + 4, true);
    if (latin1(file, at, 4) === name) return file.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size % 2);
  }
  return null;
}

/** @param {Uint8Array} tiff */
function tiffOrientation(tiff) {
  const little = latin1(tiff, 0, 2) === "II";
  if (tiff.length < 10 || (!little && latin1(tiff, 0, 2) !== "MM")) return 1;
  const view = viewOf(tiff);
  const start = view.getUint32(4, little);
  if (start + 2 > tiff.length) return 1;
  const count = view.getUint16(start, little);
  for (let at = start + 2; at < start + 2 + 12 * count && at + 12 <= tiff.length; at += 12) {
    if (view.getUint16(at, little) !== TAG || view.getUint16(at + 2, little) !== SHORT) continue;
    const orientation = view.getUint16(at + 8, little);
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
  }
  return 1;
}

/** @param {Uint8Array} bytes */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} length
 */
function latin1(bytes, start, length) {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}
