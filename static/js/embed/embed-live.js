/** The live page inside another site: hands each reading on to it. */

import { part } from "../common/dom.js";
import { obeyTheme, reportHeight, tellHost } from "./parent-frame.js";

const root = part(document, "embed");

obeyTheme();
reportHeight(root);
root.addEventListener("facetraits-reading", (event) => tellHost("reading", { reading: /** @type {CustomEvent} */ (event).detail }));
root.addEventListener("facetraits-problem", (event) => {
  const { code, title } = /** @type {CustomEvent} */ (event).detail;
  tellHost("problem", { code, title });
});
tellHost("ready");
