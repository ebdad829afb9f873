/** A kept result inside another site. */

import { part } from "../common/dom.js";
import { obeyTheme, reportHeight, notifyParent } from "./parent-frame.js";
import { showGone, showResult, watchExpiry } from "../result/result-view.js";

const root = part(document, "result");

obeyTheme();
const { drawn } = showResult(root);
reportHeight(part(document, "embed"));
watchExpiry(root, () => {
  const title = "This result has expired";
  showGone(root, { title, words: "Results are stored for a limited time." });
  notifyParent("problem", { code: "expired", title });
});
void drawn.then(() => notifyParent("ready"));
