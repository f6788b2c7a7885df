// --rate, --read-rate and the estimate before many writes.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cli } from "../cli.ts";
import { masters, roles, writeMappings } from "./apply.ts";
import { ADMIN, type LocalCluster, storedCluster } from "./cluster.ts";

let cluster: LocalCluster;
before(async () => {
  cluster = await storedCluster(ADMIN);
});
after(() => cluster.store.close());

test("--rate limits the writes per second", async () => {
  const begin = performance.now();
  const words = ["apply", "-f", writeMappings([masters, ...roles(6)]), "-y", "--allow-weakening"];
  const { code, out } = await cluster.mappings([...words, "--rate", "9"]);
  assert.equal(code, 0);
  assert.match(out, /^6 to add, 0 to change, 0 to remove, 1 unchanged\.$/m);
  const elapsed = performance.now() - begin;
  assert.ok(elapsed >= 5 * 111, `${elapsed} ms`);
});

test("a rate is a positive number", async () => {
  for (const rate of ["fast", "0", "-1", "1e3", "auto", ""]) {
    const { code, err } = await cluster.mappings(["list", `--read-rate=${rate}`]);
    assert.equal(code, 2);
    assert.match(err, /It must be a positive number\./);
  }
});

test("an estimate at the default rate is printed before writes that take a minute or more, also with --dry-run", async () => {
  const apply = (count: number) =>
    cli(["mappings", "apply", "-f", writeMappings([masters, ...roles(count)]), "--dry-run", "--cluster", "prod"]);
  assert.equal((await apply(185)).err, "");
  assert.equal(
    (await apply(366)).err,
    "Writing 360 parameters at 3 a second takes 2 min. " +
      "You can stop it and run the command again: it writes only what is missing.\n",
  );
});
