// Loading on first use.

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadOnce } from "../../../../functions/authenticator/aws/lazy.ts";

test("concurrent and later calls share one load", async () => {
  let loads = 0;
  const load = loadOnce(async () => {
    loads += 1;
    return { loads };
  });
  assert.equal(loads, 0);
  const [first, second] = await Promise.all([load(), load()]);
  assert.equal(first, second);
  assert.equal(await load(), first);
  assert.equal(loads, 1);
});

test("a call after a failed load loads again", async () => {
  const results = [Promise.reject(new Error("cannot be read")), Promise.resolve("loaded")];
  const load = loadOnce(() => results.shift() ?? Promise.reject(new Error("loaded a third time")));
  await assert.rejects(load(), { message: "cannot be read" });
  assert.equal(await load(), "loaded");
  assert.equal(await load(), "loaded");
});
