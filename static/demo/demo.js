/**
 * The demo site's script. The code next to each example is the code that runs:
 * the page shows the source of these functions.
 */
"use strict";
{
  const PAGE = document.documentElement;
  const ORIGIN = PAGE.dataset.origin ?? location.origin;
  /** @type {Record<string, string>} */
  const MESSAGES = JSON.parse(PAGE.dataset.words ?? "{}");

  /**
   * A message in the language of the page; its `count`, if any, selects the plural form.
   *
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  function t(key, values = {}) {
    const form = new Intl.PluralRules(PAGE.lang).select(Number(values.count ?? 0));
    const message = MESSAGES[`${key}_${form}`] ?? MESSAGES[`${key}_other`] ?? MESSAGES[key];
    return message.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => String(values[name]));
  }

  /**
   * @param {HTMLElement} place
   * @param {string} result
   */
  async function showOembed(place, result) {
    const answer = await fetch(`${ORIGIN}/oembed?url=${encodeURIComponent(result)}`);
    if (!answer.ok) throw new Error(`oEmbed returned ${answer.status}`);
    const { html, height, title } = await answer.json();
    // Parsed in a separate document, where nothing loads or runs; only the address is used.
    const given = new DOMParser().parseFromString(html, "text/html").querySelector("iframe");
    const src = new URL(given?.src ?? "", result);
    if (src.origin !== ORIGIN) throw new Error("The iframe is from another site");
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox");
    Object.assign(frame, { src, height, title, width: "100%", loading: "lazy", referrerPolicy: "origin" });
    place.replaceChildren(frame);
  }

  /**
   * @param {HTMLElement} place
   * @param {string} result
   */
  async function showFigures(place, result) {
    const answer = await fetch(result.replace("/results/", "/api/v1/results/"));
    if (!answer.ok) throw new Error(`The API returned ${answer.status}`);
    const { reading } = await answer.json();
    const list = document.createElement("ol");
    for (const { age, gender, emotion } of reading.faces) {
      const item = document.createElement("li");
      item.textContent = `Looks ${age.low} to ${age.high} years old, ${gender.value}, ${emotion.dominant}`;
      list.append(item);
    }
    place.replaceChildren(list);
  }

  /**
   * @param {HTMLElement} place
   * @param {string} result
   */
  function showElement(place, result) {
    const element = document.createElement("facetraits-result");
    element.setAttribute("src", result);
    element.setAttribute("theme", /** @type {HTMLSelectElement} */ (byId("theme")).value);
    place.replaceChildren(element);
  }

  /**
   * @param {HTMLElement} place
   * @param {string} result
   */
  function showFrame(place, result) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox");
    const src = `${result.replace("/results/", "/embed/")}?show=chart&lang=${PAGE.lang}`;
    Object.assign(frame, { src, height: "420", title: t("title"), width: "100%", loading: "lazy", referrerPolicy: "origin" });
    place.replaceChildren(frame);
  }

  const byId = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
  const reason = (/** @type {unknown} */ error) => (error instanceof Error ? error.message : String(error));
  const say = (/** @type {string} */ words) => { byId("word").textContent = words; };
  const address = /** @type {HTMLInputElement} */ (byId("result"));

  /** @param {string} link to a result; a private link has the delete token after the # */
  async function show(link) {
    const [result] = link.split("#");
    if (!result.startsWith(`${ORIGIN}/results/`)) return say(t("notOurs", { origin: ORIGIN }));
    address.value = result;
    for (const code of document.querySelectorAll("code[data-result]")) {
      code.textContent = (code.textContent ?? "").replace(/(\/(?:results|embed)\/)[\w-]+/g, `$1${result.split("/").at(-1)}`);
    }
    showElement(byId("element"), result);
    showFrame(byId("frame"), result);
    try {
      await Promise.all([showOembed(byId("oembed"), result), showFigures(byId("figures"), result)]);
      say(t("shown"));
    } catch (error) {
      say(t("mayHaveExpired", { error: reason(error) }));
    }
  }

  /** @param {File} photo */
  async function keep(photo) {
    const form = new FormData();
    form.append("image", photo);
    say(t("sending"));
    try {
      const answer = await fetch(`${ORIGIN}/api/v1/results`, { method: "POST", body: form });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.title);
      await show(body.url);
    } catch (error) {
      say(t("refused", { error: reason(error), setting: "FACETRAITS_CORS_ORIGINS" }));
    }
  }

  /** Changes the theme of the page and its embeds without reloading. */
  function followTheme() {
    const theme = /** @type {HTMLSelectElement} */ (byId("theme")).value;
    const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
    PAGE.dataset.theme = dark ? "dark" : "light";
    for (const element of document.querySelectorAll("facetraits-result, facetraits-live")) element.setAttribute("theme", theme);
  }

  for (const code of document.querySelectorAll("code[data-source]")) {
    const source = { showOembed, showFigures }[/** @type {HTMLElement} */ (code).dataset.source ?? ""];
    code.textContent = `const ORIGIN = "${ORIGIN}";\n\n${String(source).replaceAll("\n  ", "\n")}`;
  }
  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      const code = button.parentElement?.querySelector("code");
      await navigator.clipboard?.writeText(code?.textContent ?? "").catch(() => {});
      if (code) getSelection()?.selectAllChildren(code);
      button.textContent = t(navigator.clipboard ? "copied" : "pressCopy");
    });
  }
  byId("source").addEventListener("submit", (event) => {
    event.preventDefault();
    void show(address.value.trim());
  });
  byId("photo").addEventListener("change", ({ target }) => {
    const [photo] = /** @type {HTMLInputElement} */ (target).files ?? [];
    if (photo) void keep(photo);
  });
  byId("theme").addEventListener("change", followTheme);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", followTheme);
  byId("live").addEventListener("facetraits:reading", (event) => {
    const { reading } = /** @type {CustomEvent} */ (event).detail;
    byId("heard").textContent = t("received", { count: reading.faces.length });
  });
  followTheme();
  const given = new URLSearchParams(location.search).get("result");
  if (given) void show(given);
}
