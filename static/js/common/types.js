/**
 * A reading. Written by `python -m tools.types` from facetraits/reading/model.py; do not edit.
 * Probabilities and ratios are 0..1, boxes and landmarks pixels of the upright picture.
 *
 * @typedef {object} Reading the faces of one picture, and how long each step took
 * @property {string} request_id identifies this reading in logs and problems
 * @property {"traitnet" | "baseline"} nets the networks that produced the results
 * @property {number} width pixels, of the upright picture
 * @property {number} height pixels, of the upright picture
 * @property {Record<string, number>} processing_ms step → milliseconds, without the upload
 * @property {Face[]} faces largest first
 * @property {number} [faces_found] how many faces were found, of which `faces` are the largest; beyond max_faces, there may be even more small ones. Absent in /live
 * @property {number} [rotated_deg] how many degrees clockwise the photo has to be rotated to be upright: 90, 180, or 270 if its faces were found on their side or upside down, and analyzed upright; boxes are in the photo as it is. Otherwise absent
 * @property {boolean} [truncated] true if the file ends early and the missing part at the bottom was read as gray; otherwise absent
 * @property {boolean} [animated] true if the file is an animation, of which only the first frame was analyzed; otherwise absent
 *
 * @typedef {object} Face a face that was found, with its traits
 * @property {Box} box in pixels, inside the upright picture
 * @property {BoxRatio} box_ratio
 * @property {number} score the detector's score
 * @property {number[][]} landmarks pixels: the two eyes, the tip of the nose, the two corners of the mouth
 * @property {number | null} track_id the same for the same face from frame to frame; null outside /live
 * @property {number} [frames] how many frames the traits are averaged over; only in /live
 * @property {AgeReading} age
 * @property {GenderReading} gender
 * @property {EmotionReading} emotion
 * @property {Doubt[]} unsure the traits not to rely on, and why
 *
 * @typedef {object} Box a rectangle in pixels, from its top left corner
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} BoxRatio a box as fractions of the picture's width and height
 * @property {number} left
 * @property {number} top
 * @property {number} width
 * @property {number} height
 *
 * @typedef {object} AgeReading apparent age in years
 * @property {number} value years; the best estimate; with nets "baseline", the middle of `range`
 * @property {number} low years; the lower end of the interval
 * @property {number} high years; the upper end of the interval
 * @property {number} coverage the fraction of faces whose labeled age is in low..high
 * @property {"1-2" | "3-9" | "10-20" | "21-27" | "28-45" | "46-65" | "66-116"} range the most probable of seven age ranges
 * @property {Record<string, number>} ranges age range → probability; they sum to 1
 *
 * @typedef {object} GenderReading apparent gender presentation, in the words of the training data's labels
 * @property {"male" | "female"} value
 * @property {number} probability that of `value`
 *
 * @typedef {object} EmotionReading apparent expression
 * @property {"anger" | "contempt" | "disgust" | "fear" | "happiness" | "negative" | "neutral" | "positive" | "sadness" | "surprise"} dominant the most probable emotion; a valence if there are no `scores`
 * @property {number} probability that of `dominant`
 * @property {Record<string, number>} [scores] emotion → probability; absent with nets "baseline"
 * @property {Record<string, number>} valence valence → probability
 *
 * @typedef {object} Doubt a trait that should not be relied on, and why
 * @property {"age" | "gender" | "emotion"} trait
 * @property {"not_a_face" | "small" | "cut_off" | "covered" | "blurred" | "dark" | "profile" | "ambiguous"} reason
 */

/**
 * Other server responses, and types that pages share.
 *
 * @typedef {Reading["nets"]} Nets
 *
 * @typedef {Reading & {seq: number, dropped: number}} LiveReading
 *
 * @typedef {object} LiveSettings the limits that live clients should respect
 * @property {number} max_fps
 * @property {number} max_width in pixels
 * @property {number} jpeg_quality 0..1
 * @property {number} max_bytes of a frame
 *
 * @typedef {{seq: number | null, code: string, title: string, detail?: string}} ServerProblem
 *
 * @typedef {{x: number, y: number, width: number, height: number}} Rect
 * @typedef {{width: number, height: number}} Size
 * @typedef {{file: string, reading: Reading}} NamedReading
 *
 * @typedef {object} SharedResult a reading that is stored under a link
 * @property {string} id
 * @property {string} url absolute
 * @property {string} embed_url absolute
 * @property {string} delete_token
 * @property {string} expires_at ISO 8601, UTC
 * @property {"picture" | "covered" | "figures"} kept
 * @property {Reading} reading
 */

export {};
