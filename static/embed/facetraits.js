/**
 * <facetraits-result src="…/results/ID"> and <facetraits-live>: readings in any site.
 *
 *     <script type="module" src="https://faces.example/embed.js"></script>
 *     <facetraits-result src="https://faces.example/results/ID">
 *       <a href="https://faces.example/results/ID">Faces in a photo</a></facetraits-result>
 *
 * Attributes: src, theme (light, dark, auto), show (picture,cards,chart), lang (by default, that
 * of the page around it), aria-label.
 * Events, which bubble: facetraits:ready, facetraits:reading ({reading}, of the live element),
 * facetraits:problem ({code, title}). The element's content is shown if the frame can't be.
 *
 * Works as a module and as a classic script, hence one block without imports. Styles are
 * constructed and not written into the page, so even the strictest policy allows them.
 *
 * @typedef {{src?: string | null, theme?: string | null, lang?: string | null, show?: string | null}} Attributes
 */
"use strict";
{
  const LEAST_PX = 60;
  const MOST_PX = 30_000;
  const MOST_NAME = 200;
  // A page that can't be shown here loads as an empty page.
  const SILENCE_MS = 4_000;
  const ATTRIBUTES = ["src", "theme", "lang", "show"];

  // A module has no currentScript, and import.meta is an error in a classic script,
  // but in both, the stack trace of an error contains the address.
  const HOME = new URL(/** @type {any} */ (document.currentScript)?.src
    || /https?:\/\/[^\s()]+?(?=:\d+:\d+)/.exec(new Error().stack ?? "")?.[0]);

  const SHEET = new CSSStyleSheet();
  SHEET.replaceSync(`
    :host { display: block; max-width: 100%; }
    :host([hidden]), [hidden] { display: none; }
    iframe { display: block; box-sizing: border-box; width: 100%; height: 420px; border: 0; border-radius: 14px; }
  `);

  const parsed = (/** @type {string} */ address) => {
    try {
      return new URL(address, HOME);
    } catch {
      return null;
    }
  };

  /** An element that shows a page from the server in a frame with the height of the page. */
  class FacetraitsFrame extends HTMLElement {
    static observedAttributes = ["aria-label", ...ATTRIBUTES];
    /** The default address, relative to this script; "" if src is required. */
    static page = "";
    static label = "";
    static allow = "";
    // Scripts draw, its own origin identifies its messages, and links open without the sandbox.
    static sandbox = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";

    /** @type {HTMLIFrameElement} */
    #frame = document.createElement("iframe");
    #fallback = document.createElement("slot");
    #answered = false;
    /** The browser reports each attribute of an element in the page before it reports the element itself. */
    #connected = false;
    /** What the page in the frame calls itself, in its language. */
    #pageName = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    #patience = undefined;

    constructor() {
      super();
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [SHEET];
      root.append(this.#frame, this.#fallback);
      this.#frame.setAttribute("sandbox", this.kind.sandbox);
      this.#frame.setAttribute("allow", this.kind.allow);
      this.#frame.loading = "lazy";
      this.#frame.referrerPolicy = "origin";
      this.#frame.addEventListener("load", () => this.#expectAnswer());
    }

    get kind() {
      return /** @type {typeof FacetraitsFrame} */ (this.constructor);
    }

    connectedCallback() {
      addEventListener("message", this.#hear);
      this.#connected = true;
      this.#show();
    }

    disconnectedCallback() {
      removeEventListener("message", this.#hear);
      this.#connected = false;
      clearTimeout(this.#patience);
    }

    attributeChangedCallback(/** @type {string} */ name, /** @type {string | null} */ before, /** @type {string | null} */ now) {
      if (!this.#connected || before === now) return;
      if (name === "aria-label") this.#name();
      // Without reloading, so that a running camera keeps running.
      else if (name === "theme" && this.#answered) this.#ask({ type: "theme", theme: now ?? "auto" });
      else this.#show();
    }

    #name() {
      this.#frame.title = this.getAttribute("aria-label") || this.#pageName || this.kind.label;
    }

    #show() {
      const attributes = Object.fromEntries(ATTRIBUTES.map((name) => [name, this.getAttribute(name)]));
      // As all attributes `lang`, it also applies to the elements inside.
      const lang = this.closest("[lang]")?.getAttribute("lang");
      const address = this.kind.address({ ...attributes, lang }, location.origin);
      this.#pageName = "";
      this.#name();
      this.#answered = false;
      this.#reveal(address !== null);
      if (address) this.#frame.src = address;
      else this.#fail("bad_src", `This element only shows pages from ${HOME.origin}`);
    }

    /** @param {boolean} shown whether to show the frame; otherwise, the element's content is shown */
    #reveal(shown) {
      [this.#frame.hidden, this.#fallback.hidden] = [!shown, shown];
    }

    #fail(/** @type {string} */ code, /** @type {string} */ title) {
      clearTimeout(this.#patience);
      this.#frame.removeAttribute("src");
      this.#reveal(false);
      this.#notify("problem", { code, title });
    }

    #expectAnswer() {
      clearTimeout(this.#patience);
      if (this.#answered || this.#frame.hidden) return;
      const fail = () => this.#fail("no_answer", `${HOME.origin} didn’t show this page here. It may not allow this site.`);
      this.#patience = setTimeout(fail, SILENCE_MS);
    }

    /** @param {object} message */
    #ask(message) {
      this.#frame.contentWindow?.postMessage({ source: "facetraits", ...message }, HOME.origin);
    }

    #hear = (/** @type {MessageEvent} */ { origin, source, data }) => {
      // Any window can post messages: only accept those from this frame while it shows the server's page.
      if (origin !== HOME.origin || !source || source !== this.#frame.contentWindow) return;
      if (data?.source !== "facetraits") return;
      this.#answered = true;
      clearTimeout(this.#patience);
      const { type, height, name, code, title, reading } = data;
      if (type === "size") this.#frame.style.height = `${this.kind.bounded(height)}px`;
      else if (type === "name") this.#takeName(name);
      else if (type === "ready") this.#notify(type, {});
      else if (type === "reading") this.#notify(type, { reading });
      else if (type === "problem") this.#notify(type, { code, title });
    };

    #takeName(/** @type {unknown} */ name) {
      this.#pageName = typeof name === "string" ? name.slice(0, MOST_NAME) : "";
      this.#name();
    }

    #notify(/** @type {string} */ type, /** @type {object} */ detail) {
      this.dispatchEvent(new CustomEvent(`facetraits:${type}`, { detail, bubbles: true, composed: true }));
    }

    /**
     * Limits the height of the frame, so that a faulty page doesn't fill the parent page.
     *
     * @param {unknown} height
     */
    static bounded(height) {
      return typeof height === "number" ? Math.ceil(Math.max(LEAST_PX, Math.min(height, MOST_PX)) || LEAST_PX) : LEAST_PX;
    }

    /**
     * The address for the frame, or null if it isn't an embeddable page of this script's server.
     *
     * @param {Attributes} attributes the attributes
     * @param {string} parentOrigin the origin that the page may send messages to
     */
    static address(attributes, parentOrigin) {
      const src = attributes.src || this.page;
      const url = src ? parsed(src) : null;
      if (!url || url.origin !== HOME.origin || !/^https?:$/.test(url.protocol)) return null;
      // People copy the address of the page, so convert it to that of the embed.
      url.pathname = url.pathname.replace(/\/results\/([\w-]+)\/?$/, "/embed/$1");
      const live = /\/embed\/live$/.test(url.pathname);
      if (!/\/embed\/[\w-]+$/.test(url.pathname) || live !== (this.page !== "")) return null;
      for (const [name, value] of Object.entries(attributes)) {
        if (name !== "src" && value) url.searchParams.set(name, value);
      }
      url.hash = new URLSearchParams({ parent: parentOrigin }).toString();
      return url.href;
    }
  }

  class FacetraitsResult extends FacetraitsFrame {
    static label = "Faces in a photo, analyzed by Facetraits";
  }

  class FacetraitsLive extends FacetraitsFrame {
    static page = "embed/live";
    static label = "Faces on camera, analyzed live by Facetraits";
    // Delegated only to the frame's own origin, and only if the parent page may use the camera.
    static allow = "camera";
    static sandbox = `${super.sandbox} allow-downloads`;
  }

  // The script may be on a page twice, for example if two articles include it.
  if (!customElements.get("facetraits-result")) {
    customElements.define("facetraits-result", FacetraitsResult);
    customElements.define("facetraits-live", FacetraitsLive);
  }
}
