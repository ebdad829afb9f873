/**
 * "Create link" on the live page, for the moment when its dialog is opened. Once
 * created, a link moves to the kept links, so that another one can be created.
 *
 * @import { Moment } from "./live-snapshot.js"
 */

import { part } from "../common/dom.js";
import { formatDate, t } from "../common/i18n.js";
import { ShareControl } from "../common/share.js";
import { KeptLinks } from "../common/kept-links.js";

/**
 * @param {HTMLElement} root of the live page, with data-results-url if links can be created
 * @param {object} options
 * @param {() => Moment | null} options.getMoment the latest reading
 * @param {() => void} options.takeFocus called when the last kept link is removed and had the focus
 */
export function offerLinks(root, { getMoment, takeFocus }) {
  const { resultsUrl, resultTtlS } = root.dataset;
  if (!resultsUrl) return;
  const keptLinks = new KeptLinks(part(root, "kept-links-place"), takeFocus);
  /** @type {ShareControl | null} */
  let current = null;
  const offer = () => {
    /** @type {Moment | null} */
    let chosen = null;
    const getPicture = () => {
      if (!chosen) throw new Error("there is no picture yet");
      return chosen.jpeg;
    };
    const onRest = () => {
      if (control.step !== "made" || !chosen) return;
      keptLinks.add(control, t("liveWords.snapshotName", { time: formatDate(chosen.when, { timeStyle: "medium" }) }));
      chosen = null;
      offer();
    };
    const control = new ShareControl({ getPicture, resultsUrl, ttlS: Number(resultTtlS), onRest });
    control.button.addEventListener("click", () => {
      if (control.step !== "made") chosen = getMoment();
    });
    part(root, "snapshot-share").append(control.root);
    current = control;
  };
  offer();
  addEventListener("beforeunload", (event) => {
    if (current?.sending) event.preventDefault();
  });
}
