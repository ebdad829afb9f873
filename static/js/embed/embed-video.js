/** A video that was read, inside another site. */

import { part, showText } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { countDown } from "../common/expiry.js";
import { showGone } from "../result/result-view.js";
import { showVideo } from "../video/video-view.js";
import { obeyTheme, reportHeight, notifyParent } from "./parent-frame.js";

const root = part(document, "video-page");
const { expiresAt = "", leftS } = root.dataset;

obeyTheme();
reportHeight(part(document, "embed"));
countDown(part(root, "countdown"), {
  expiresAt,
  leftS: leftS ? Number(leftS) : undefined,
  onEnd: () => {
    const title = t("videoWords.expired");
    showGone(root, { title, words: t("videoWords.expiredBriefly") });
    notifyParent("problem", { code: "expired", title });
  },
});
showVideo(root).then(
  () => notifyParent("ready"),
  () => showText(part(root, "load-problem"), t("videoWords.notLoaded")),
);
