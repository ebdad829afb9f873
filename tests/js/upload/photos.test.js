import assert from "node:assert/strict";
import { resolveObjectURL } from "node:buffer";
import { test } from "node:test";

import { Preview } from "../../../static/js/upload/photos.js";

/** Every address that is made while the body runs. */
async function addressesOf(/** @type {() => Promise<void>} */ body) {
  const make = URL.createObjectURL;
  /** @type {string[]} */
  const made = [];
  URL.createObjectURL = (blob) => {
    made.push(make(blob));
    return made[made.length - 1];
  };
  try {
    await body();
    // What was under way has ended by then.
    await new Promise((done) => setTimeout(done, 20));
  } finally {
    URL.createObjectURL = make;
  }
  return made;
}

const photo = () => new File([new Uint8Array(2000)], "a.jpg", { type: "image/jpeg" });

test("a preview has one address, however often it is wanted", async () => {
  const preview = new Preview(photo());
  const made = await addressesOf(async () => {
    // A photo that fails at once is tried again before its first preview is there.
    const [first, second] = await Promise.all([preview.address(), preview.address()]);
    assert.equal(first, second);
    assert.equal(await preview.address(), first);
  });
  assert.equal(made.length, 1);
  assert.equal(resolveObjectURL(made[0])?.size, 2000);
  preview.release();
});

test("a preview that is released is gone from the memory", async () => {
  const made = await addressesOf(async () => {
    const preview = new Preview(photo());
    await preview.address();
    preview.release();
    preview.release();
  });
  assert.equal(made.length, 1);
  assert.equal(resolveObjectURL(made[0]), undefined);
});

test("a photo that is removed while its preview is being made leaves none behind", async () => {
  const made = await addressesOf(async () => {
    const preview = new Preview(photo());
    const address = preview.address();
    preview.release();
    assert.equal(await address, "");
  });
  assert.deepEqual(made.filter((address) => resolveObjectURL(address)), []);
});

test("a photo that is removed before it had its turn gets no preview", async () => {
  const made = await addressesOf(async () => {
    const preview = new Preview(photo());
    preview.release();
    assert.equal(await preview.address(), "");
  });
  assert.deepEqual(made, []);
});
