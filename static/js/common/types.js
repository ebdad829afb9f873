/**
 * The JSON that the server answers with, as types. Probabilities and ratios are
 * 0..1, boxes and landmarks pixels of the upright picture, ages years.
 *
 * @typedef {"traitnet" | "baseline"} Nets
 *
 * @typedef {object} Age
 * @property {number} value the best single answer; with the baseline nets the middle of `range`
 * @property {number} low
 * @property {number} high
 * @property {number | null} coverage the share of faces for which low..high holds
 * @property {string} range the likeliest of seven ranges, as "28-45"
 * @property {Record<string, number>} ranges
 *
 * @typedef {{value: string, probability: number}} Gender
 *
 * @typedef {object} Emotion
 * @property {string} dominant an emotion; a valence where there are no scores
 * @property {number} probability
 * @property {Record<string, number> | null} [scores]
 * @property {Record<string, number>} valence
 *
 * @typedef {{trait: string, reason: string}} Doubt
 *
 * @typedef {object} Face
 * @property {{x: number, y: number, width: number, height: number}} box
 * @property {BoxRatio} box_ratio
 * @property {number} score
 * @property {number[][]} landmarks five points: eyes, nose, mouth corners
 * @property {number | string | null} [track_id]
 * @property {number} [frames] how many the traits are averaged over; in the live mode only
 * @property {Age} age
 * @property {Gender} gender
 * @property {Emotion} emotion
 * @property {Doubt[]} unsure
 *
 * @typedef {object} Reading
 * @property {string} request_id
 * @property {Nets} nets
 * @property {number} width
 * @property {number} height
 * @property {Record<string, number>} processing_ms
 * @property {Face[]} faces largest first
 *
 * @typedef {Reading & {seq: number, dropped: number}} LiveReading
 *
 * @typedef {object} LiveSettings what the server asks live clients to keep to
 * @property {number} max_fps
 * @property {number} max_width in pixels
 * @property {number} jpeg_quality 0..1
 * @property {number} max_bytes of a frame
 *
 * @typedef {{seq: number | null, code: string, title: string, detail?: string}} ServerProblem
 *
 * @typedef {{left: number, top: number, width: number, height: number}} BoxRatio
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {{width: number, height: number}} Size
 * @typedef {{file: string, reading: Reading}} NamedReading
 *
 * @typedef {object} SharedResult a reading that is kept under a link
 * @property {string} id
 * @property {string} url absolute
 * @property {string} embed_url absolute
 * @property {string} delete_token
 * @property {string} expires_at ISO 8601, UTC
 * @property {"picture" | "figures"} kept
 * @property {Reading} reading
 */

export {};
