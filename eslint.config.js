import js from "@eslint/js";
import globals from "globals";

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
    files: ["tests/js/**/*.js", "bench/**/*.mjs", "eslint.config.js"],
    languageOptions: { globals: globals.node },
  },
];
