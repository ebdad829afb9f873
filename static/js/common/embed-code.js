/**
 * Embed code for other sites. Its words are in the language of the page; it names no language, so
 * that the embed is in that of the site or the visitor. Pure.
 */

import { t } from "./i18n.js";

/**
 * @typedef {object} EmbedOptions
 * @property {string} [theme] light, dark or auto
 * @property {string[]} [show] of picture, cards, chart; the default is picture, cards
 */

const USUAL = "picture,cards";

/**
 * The element: three lines of HTML, and the frame resizes with its content.
 *
 * @param {string} url the result's page, absolute
 * @param {EmbedOptions} [options]
 */
export function elementCode(url, options = {}) {
  const attributes = Object.entries({ src: url, ...unusual(options) }).map(([name, value]) => `${name}="${escaped(value)}"`);
  return [
    `<script type="module" src="${escaped(new URL("../embed.js", url).href)}"></script>`,
    `<facetraits-result ${attributes.join(" ")}>`,
    `  <a href="${escaped(url)}">${escaped(t("embedCode.title"))}</a></facetraits-result>`,
  ].join("\n");
}

/**
 * A plain iframe, for sites that don't allow scripts.
 *
 * @param {string} url the result's page, absolute
 * @param {EmbedOptions} [options]
 */
export function frameCode(url, options = {}) {
  const address = new URL(url.replace(/\/results\/(?=[^/]*$)/, "/embed/"));
  for (const [name, value] of Object.entries(unusual(options))) address.searchParams.set(name, value);
  return [
    `<iframe src="${escaped(address.href.replaceAll("%2C", ","))}" title="${escaped(t("embedCode.title"))}"`,
    '  width="100%" height="720" loading="lazy" referrerpolicy="origin"',
    '  sandbox="allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"></iframe>',
  ].join("\n");
}

/**
 * @param {EmbedOptions} options
 * @returns {Record<string, string>} the options that differ from the defaults
 */
function unusual({ theme = "auto", show = [] }) {
  /** @type {Record<string, string>} */
  const options = {};
  if (theme !== "auto") options.theme = theme;
  if (show.length > 0 && show.join() !== USUAL) options.show = show.join();
  return options;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
