/** Links to this site's pages keep the language that was chosen with `lang=`. */

/**
 * @param {string} address of a page of this site, absolute
 * @param {string} [search] the query of the page that links to it
 * @returns {string} with the same `lang` as this page's, if it has one
 */
export function inChosenLanguage(address, search = location.search) {
  const chosen = new URLSearchParams(search).get("lang");
  if (!chosen) return address;
  const url = new URL(address);
  url.searchParams.set("lang", chosen);
  return url.href;
}
