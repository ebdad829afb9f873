import { readFileSync } from "node:fs";

import js from "@eslint/js";
import globals from "globals";

import pageWords from "./tools/eslint-rules.js";

// Looks like words of the page and is none: markup to copy, styles, and names.
const NO_WORDS = [
  '<script type="module" src="…"></script>',
  '<iframe src="…" title="…"',
  'sandbox="allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"></iframe>',
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  "12px system-ui, sans-serif",
  "bar open",
  "Files",
  "Problem",
  "… – Facetraits",
];
const ENGLISH = JSON.parse(readFileSync(new URL("static/locales/en.json", import.meta.url), "utf8"));

export default [
  {
    ignores: ["**/.venv/**", "**/venv/**", "docs/**", "models/**", "runs/**"],
  },
  js.configs.recommended,
  {
    files: ["static/**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "max-lines": ["error", 300],
      "max-lines-per-function": ["error", { max: 40, skipComments: true, skipBlankLines: true }],
      // The content security policy refuses inline handlers and styles; this
      // refuses the way that server text could become markup.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Use textContent or a <template>." },
        { property: "outerHTML", message: "Use textContent or a <template>." },
        { property: "insertAdjacentHTML", message: "Use textContent or a <template>." },
      ],
    },
  },
  {
    files: ["static/js/**/*.js"],
    plugins: { "page-words": pageWords },
    rules: {
      "page-words/bare-text": ["error", { allow: NO_WORDS }],
      "page-words/known-message": ["error", ENGLISH],
    },
  },
  {
    files: ["tests/js/**/*.js", "bench/**/*.mjs", "tools/*.js", "eslint.config.js"],
    languageOptions: { globals: globals.node },
  },
];
