/** An error page inside another site: also reports the problem to the parent page. */

import { part } from "../common/dom.js";
import { obeyTheme, reportHeight, notifyParent, talkToWordPress } from "./parent-frame.js";

const { problemCode: code, problemTitle: title } = part(document, "problem").dataset;

obeyTheme();
reportHeight(part(document, "embed"));
talkToWordPress(part(document, "embed"));
notifyParent("problem", { code, title });
