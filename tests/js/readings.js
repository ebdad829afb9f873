/** Readings made for the tests. */

/**
 * @param {Partial<import("../../static/js/common/types.js").Face>} [changes]
 * @returns {import("../../static/js/common/types.js").Face}
 */
export function makeFace(changes = {}) {
  return {
    box: { x: 64, y: 48, width: 128, height: 240 },
    box_ratio: { left: 0.1, top: 0.1, width: 0.2, height: 0.5 },
    score: 0.98,
    landmarks: [],
    track_id: null,
    age: { value: 36.5, low: 28, high: 45, coverage: 0.8, range: "28-45", ranges: { "28-45": 0.7 } },
    gender: { value: "female", probability: 0.97 },
    emotion: { dominant: "positive", probability: 0.91, valence: { positive: 0.91, neutral: 0.05, negative: 0.04 } },
    unsure: [{ trait: "age", reason: "ambiguous" }],
    ...changes,
  };
}

/**
 * @param {import("../../static/js/common/types.js").Face[]} faces
 * @returns {import("../../static/js/common/types.js").Reading}
 */
export function makeReading(faces = [makeFace()]) {
  return { request_id: "id", nets: "baseline", width: 640, height: 480, processing_ms: { total: 14.2 }, faces };
}
