import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../../", import.meta.url);

/**
 * Every file below some folders.
 *
 * @param {RegExp} name
 * @param {string[]} folders
 */
function texts(name, ...folders) {
  return folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: "utf8" })
      .filter((path) => name.test(path))
      .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(new URL(`${folder}/${path}`, ROOT), "utf8") })),
  );
}

test("what a module exports is imported by another, or by a test", () => {
  const modules = texts(/\.js$/, "static");
  const others = [...modules, ...texts(/\.(js|py)$/, "tests/js", "tests/browser")];
  let exported = 0;
  const unused = modules.flatMap(({ path, text }) =>
    [...text.matchAll(/^export (?:async )?(?:const|let|function|class) (\w+)/gm)]
      .map((match) => match[1])
      .filter((name) => {
        exported += 1;
        const imported = new RegExp(`\\{[^{}]*\\b${name}\\b[^{}]*\\} = await import\\(|import \\{[^}]*\\b${name}\\b`);
        return !others.some((other) => other.path !== path && imported.test(other.text));
      })
      .map((name) => `${path}: ${name}`),
  );
  assert.ok(exported > 80);
  assert.deepEqual(unused, []);
});
