/** Sample photos for those who have none at hand. */

import { Problem, problemLine } from "../common/problems.js";
import { showText } from "../common/dom.js";

/**
 * @param {HTMLElement} root with a button for each sample, which has data-sample and data-name
 * @param {HTMLElement} trouble shows why a sample couldn't be loaded
 * @param {(file: File) => void} onFile
 */
export function offerSamples(root, trouble, onFile) {
  for (const button of root.querySelectorAll("button[data-sample]")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    const { sample = "", name = "" } = button.dataset;
    button.addEventListener("click", async () => {
      button.disabled = true;
      showText(trouble, "");
      try {
        onFile(await load(sample, name));
      } catch (error) {
        showText(trouble, problemLine(error));
      }
      button.disabled = false;
    });
  }
}

/**
 * @param {string} address
 * @param {string} name
 */
async function load(address, name) {
  const response = await fetch(address).catch(() => { throw new Problem({ code: "network" }); });
  if (!response.ok) throw new Problem({ code: response.status === 404 ? "not_found" : "bad_answer", status: response.status });
  return new File([await response.blob()], name, { type: "image/jpeg" });
}
