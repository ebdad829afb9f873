/** Gives the modules the English messages, which browsers load. Runs before each file of tests. */

import { readFileSync } from "node:fs";

import { useMessages } from "../../static/js/common/i18n.js";

/** @type {import("../../static/js/common/i18n.js").Messages} */
export const ENGLISH = JSON.parse(readFileSync(new URL("../../static/locales/en.json", import.meta.url), "utf8"));

useMessages("en", ENGLISH);
