// --rate, --read-rate and the estimate before many writes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cli } from "../cli.ts";
import { masters, role, roles, writeMappings } from "./apply.ts";
import { ADMIN, exits, useCluster } from "./cluster.ts";

const cluster = useCluster(ADMIN);

async function elapsed(words: readonly string[]): Promise<number> {
  const begin = performance.now();
  await exits(cluster.mappings(words), 0);
  return performance.now() - begin;
}

test("--rate limits the writes per second", async () => {
  const words = ["apply", "-f", writeMappings([masters, ...roles(6)]), "-y", "--allow-weakening", "--rate", "20"];
  assert.ok((await elapsed(words)) >= 5 * 50);
});

test("--read-rate limits the reads per second", async () => {
  for (let i = 0; i < 60; i += 1) cluster.put(`role/111122223333/r${i}`, role(i));
  // Seven pages, of which five are read at once.
  assert.ok((await elapsed(["list", "--read-rate", "5"])) > 380);
});

test("a rate is a positive number", async () => {
  for (const rate of ["fast", "0", "-1", "1e3", "auto", ""]) {
    await exits(cluster.mappings(["list", `--read-rate=${rate}`]), 2, /It must be a positive number\./);
  }
});

test("an estimate at the default rate is printed before writes that take a minute or more, also with --dry-run", async () => {
  const apply = (count: number) =>
    cli(["mappings", "apply", "-f", writeMappings([masters, ...roles(count)]), "--dry-run", "--cluster", "prod"]);
  await exits(apply(179), 0, "");
  await exits(apply(360), 0, /^Writing 360 parameters at 3 a second takes 2 min\. You can stop it and run the /);
});
