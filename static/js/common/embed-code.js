/** The code that shows a result in another site, to copy. Pure. */

/**
 * @typedef {object} EmbedWishes
 * @property {string} [theme] light, dark or auto
 * @property {string[]} [show] of picture, cards, chart; what is shown without it: picture, cards
 */

const USUAL = "picture,cards";

/**
 * The element: three lines, and the frame is always as high as what is in it.
 *
 * @param {string} url the result's page, absolute
 * @param {EmbedWishes} [wishes]
 */
export function elementCode(url, wishes = {}) {
  const attributes = Object.entries({ src: url, ...unusual(wishes) }).map(([name, value]) => `${name}="${escaped(value)}"`);
  return [
    `<script type="module" src="${escaped(new URL("../embed.js", url).href)}"></script>`,
    `<facetraits-result ${attributes.join(" ")}>`,
    `  <a href="${escaped(url)}">Faces in a photo, analyzed by Facetraits</a></facetraits-result>`,
  ].join("\n");
}

/**
 * A plain frame, for sites that let no script in.
 *
 * @param {string} url the result's page, absolute
 * @param {EmbedWishes} [wishes]
 */
export function frameCode(url, wishes = {}) {
  const address = new URL(url.replace(/\/results\/(?=[^/]*$)/, "/embed/"));
  for (const [name, value] of Object.entries(unusual(wishes))) address.searchParams.set(name, value);
  return [
    `<iframe src="${escaped(address.href.replaceAll("%2C", ","))}" title="Faces in a photo, analyzed by Facetraits"`,
    '  width="100%" height="720" loading="lazy" referrerpolicy="origin"',
    '  sandbox="allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"></iframe>',
  ].join("\n");
}

/**
 * @param {EmbedWishes} wishes
 * @returns {Record<string, string>} those that differ from what is so anyway
 */
function unusual({ theme = "auto", show = [] }) {
  /** @type {Record<string, string>} */
  const wishes = {};
  if (theme !== "auto") wishes.theme = theme;
  if (show.length > 0 && show.join() !== USUAL) wishes.show = show.join();
  return wishes;
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
