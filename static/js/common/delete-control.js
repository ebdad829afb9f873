/** Deletes a kept result, after a confirmation, because it cannot be undone. */

import { deleteResult } from "./api.js";
import { cloneTemplate, part, showText } from "./dom.js";
import { t } from "./i18n.js";
import { problemLine } from "./problems.js";

/**
 * @param {object} options
 * @param {string} options.url where a DELETE goes
 * @param {string} options.token
 * @param {() => void} options.onDeleted
 * @returns {HTMLElement}
 */
export function createDeleteControl({ url, token, onDeleted }) {
  const root = cloneTemplate("delete-template");
  const ask = part(root, "delete", HTMLButtonElement);
  const sure = part(root, "delete-sure");
  const really = part(root, "delete-really", HTMLButtonElement);
  const reveal = (/** @type {boolean} */ confirming) => {
    [ask.hidden, sure.hidden] = [confirming, !confirming];
    (confirming ? part(root, "delete-keep") : ask).focus();
  };
  ask.addEventListener("click", () => reveal(true));
  part(root, "delete-keep").addEventListener("click", () => reveal(false));
  really.addEventListener("click", async () => {
    really.disabled = true;
    showText(part(root, "delete-problem"), "");
    try {
      await deleteResult(url, token);
      onDeleted();
    } catch (error) {
      showText(part(root, "delete-problem"), t("deleteControl.failed", { problem: problemLine(error) }));
    }
    really.disabled = false;
  });
  return root;
}
