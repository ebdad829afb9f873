/** An error inside another site: told to the host as well as to the visitor. */

import { part } from "../common/dom.js";
import { obeyTheme, reportHeight, notifyParent } from "./parent-frame.js";

const { problemCode: code, problemTitle: title } = part(document, "problem").dataset;

obeyTheme();
reportHeight(part(document, "embed"));
notifyParent("problem", { code, title });
