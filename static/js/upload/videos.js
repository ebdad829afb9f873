/** The videos among the files that people add to the upload page. */

import { offerLogin } from "../common/api-key.js";
import { spanWords } from "../common/expiry.js";
import { part } from "../common/dom.js";
import { VideoUpload, isVideo } from "./video-upload.js";

const KEY_CODES = new Set(["key_required", "wrong_key"]);

/**
 * Takes the videos, and returns the other files. Without `data-videos-url`, the server reads none.
 *
 * @param {HTMLElement} root of the page
 * @param {object} options
 * @param {() => void} options.onChange
 * @param {() => boolean} options.mayLeave whether nothing else on the page would be lost
 */
export function createVideoIntake(root, { onChange, mayLeave }) {
  const { videosUrl = "", videoMaxBytes, videoFormats = "", resultTtlS } = root.dataset;
  const place = part(root, "videos");
  /** @type {Set<VideoUpload>} */
  const uploads = new Set();
  const options = {
    url: videosUrl,
    maxBytes: Number(videoMaxBytes),
    formats: videoFormats,
    kept: spanWords(Number(resultTtlS)),
    onReady: (/** @type {string} */ link) => {
      // The private links of other videos are only here.
      if (place.childElementCount === 1 && mayLeave()) location.assign(link);
    },
    onProblem: (/** @type {string} */ code) => KEY_CODES.has(code) && showKeyForm(),
    onRemove: (/** @type {VideoUpload} */ upload) => {
      uploads.delete(upload);
      onChange();
    },
  };
  return {
    /** @param {File[]} files */
    take(files) {
      if (!videosUrl) return files;
      for (const file of files.filter(isVideo)) {
        const upload = new VideoUpload(file, options);
        uploads.add(upload);
        place.prepend(upload.root);
        void upload.start();
      }
      onChange();
      return files.filter((file) => !isVideo(file));
    },
    /** Whether one of them is on its way. */
    get sending() {
      return [...uploads].some(({ sending }) => sending);
    },
    /** Whether there are videos on the page. */
    get any() {
      return place.childElementCount > 0;
    },
  };
}

/** Photos may need no key: then, the form is shown only once a video did. */
function showKeyForm() {
  const hidden = document.querySelector('[data-part="video-key"]');
  if (hidden instanceof HTMLElement) {
    hidden.hidden = false;
    offerLogin(hidden);
    hidden.removeAttribute("data-part");
  }
}
