/** The live page inside another site: forwards each reading to it. */

import { part } from "../common/dom.js";
import { t } from "../common/i18n.js";
import { obeyTheme, reportHeight, notifyParent } from "./parent-frame.js";

const root = part(document, "embed");

obeyTheme();
notifyParent("name", { name: t("embedCode.titleOfLive") });
reportHeight(root);
root.addEventListener("facetraits-reading", (event) => notifyParent("reading", { reading: /** @type {CustomEvent} */ (event).detail }));
root.addEventListener("facetraits-problem", (event) => {
  const { code, title } = /** @type {CustomEvent} */ (event).detail;
  notifyParent("problem", { code, title });
});
notifyParent("ready");
