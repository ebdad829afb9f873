/** A kept result inside another site. */

import { part } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { obeyTheme, reportHeight, notifyParent, talkToWordPress } from "./parent-frame.js";
import { showGone, showResult, watchExpiry } from "../result/result-view.js";

const root = part(document, "result");

obeyTheme();
const { drawn } = showResult(root);
notifyParent("name", { name: t("embedCode.title") });
reportHeight(part(document, "embed"));
talkToWordPress(part(document, "embed"));
watchExpiry(root, () => {
  const title = t("result.expired");
  showGone(root, { title, words: t("result.expiredBriefly") });
  notifyParent("problem", { code: "expired", title });
});
void drawn.then(() => notifyParent("ready"));
