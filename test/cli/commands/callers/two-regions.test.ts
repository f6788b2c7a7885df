// `callers` with one cluster in two regions: one token for both stores, and revocations while one
// region fails.

import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { REGIONS, useTwoRegions } from "../../two-regions.ts";
import { exits, prints } from "../mappings/cluster.ts";

const KEPT = { name: "kept", sha256: "0".repeat(64) };
const OLD = { name: "old", sha256: "1".repeat(64) };
const ONE = {
  Endpoint: "https://one.example/authenticate",
  FailoverUrl: "https://other.example/authenticate",
};
const regions = useTwoRegions({ callers: [KEPT, OLD] }, ONE);
const callers = (...words: string[]) => regions.run(["callers", ...words, "-c", "prod"]);
const stored = () => regions.values("callers");

test("add asks once, prints one token, and writes its hash into both stores", async () => {
  const { out, err } = await exits(
    regions.run("callers add new -c prod", { interactive: true, input: "y\n" }),
    0,
  );
  assert.equal(err.match(/\? \[y\/N\]/g)?.length, 1);
  const token = out.trim().split("\n").at(-1) ?? "";
  const entry = { name: "new", sha256: hash("sha256", token, "hex") };
  assert.deepEqual(await stored(), Array(2).fill([KEPT, OLD, entry]));
  assert.equal(out.split(token).length, 2);
  assert.match(
    err,
    / one, other: Added new to \S+callers\. Its token is shown only .*\nAdded in 2 of 2 clusters\.$/m,
  );
  await exits(
    callers("add", "by-role", "--arn", "arn:aws:iam::111122223333:role/control-plane", "-y"),
    0,
  );
  assert.deepEqual(...((await stored()) as [unknown, unknown]));
});

test("add writes nothing if a store cannot be read, or has a caller of that name", async () => {
  const file = join(regions.home, "webhook.kubeconfig");
  regions.strike("other");
  const words = ["add", "new", "--out", file, "-y"];
  const dead = await exits(
    callers(...words),
    3,
    /^other: No connection.*\nNothing was written, because not every /m,
  );
  assert.doesNotMatch(dead.out + dead.err, /Repeat:|^[\w-]{43}$/m);
  regions.strike(undefined);
  regions.put("other", "callers", [KEPT, { name: "new", sha256: "2".repeat(64) }]);
  await exits(
    callers(...words),
    1,
    /^other: The caller new already exists\..*\nNothing was written/m,
  );
  assert.deepEqual((await stored())[0], [KEPT, OLD]);
  assert.ok(!existsSync(file));
});

test("add keeps the token and names the next step if only the first store is written", async () => {
  const file = join(regions.home, "filed.kubeconfig");
  for (const [name, words] of Object.entries({ printed: [], filed: ["--out", file] })) {
    regions.strike("other", ["ssm"], "PutParameter");
    const run = regions.run(["callers", "add", name, "-c", "prod", "-y", ...words]);
    const { out, err } = await exits(
      run,
      3,
      new RegExp(`^Before you add ${name} again, remove it: `, "m"),
    );
    regions.strike(undefined);
    const isFiled = name === "filed";
    const token = isFiled
      ? parse(readFileSync(file, "utf8")).users[0].user.token
      : out.trim().split("\n").at(-1);
    const hashes = ((await stored()) as (typeof KEPT)[][]).map(
      (list) => list.find((caller) => caller.name === name)?.sha256,
    );
    assert.deepEqual(hashes, [hash("sha256", token, "hex"), undefined]);
    assert.equal(/^The token of filed is in \S+filed\.kubeconfig\.$/m.test(err), isFiled);
    await exits(
      callers("remove", name, "-y"),
      0,
      new RegExp(`^other: Caller ${name} not found\\. `, "m"),
    );
    await exits(callers("add", name, "-y"), 0);
  }
});

test("remove goes on while a region is dead, and the printed command finishes it", async () => {
  regions.strike("one");
  const { err } = await exits(callers("remove", "old", "-y"), 3, /^one: No connection/m);
  assert.match(err, /^other: Wrote 1 parameter\. The function rejects old within 60 s\.$/m);
  regions.strike(undefined);
  assert.deepEqual(await stored(), [[KEPT, OLD], [KEPT]]);
  const [, command = ""] = /Repeat: npx --no -- lambda-iam-authenticator (.*)$/m.exec(err) ?? [];
  await exits(regions.run(command), 0, /^other: Caller old not found\. /m);
  assert.deepEqual(await stored(), [[KEPT], [KEPT]]);
  await exits(callers("remove", "old", "-y"), 1, /^one, other: Caller old not found\. /m);
});

test("remove keeps an accepted caller in each store, and one question covers both", async () => {
  regions.put("other", "callers", [OLD]);
  const removing = regions.run("callers remove old -c prod", { interactive: true, input: "y\n" });
  const { err } = await exits(
    removing,
    1,
    /^other: Refused: no caller would remain accepted for an hour\./m,
  );
  assert.equal(err.match(/\? \[y\/N\]/g)?.length, 1);
  assert.doesNotMatch(err, /Repeat:/);
  assert.deepEqual(await stored(), [[KEPT], [OLD]]);
});

test("list names the context of each caller, and goes on past a dead region", async () => {
  regions.put("other", "callers", [KEPT]);
  await prints(
    callers("list"),
    /^CLUSTER +NAME +STATE .*\none +kept +accepted .*\none +old .*\nother +kept .*\n$/,
  );
  const { out } = await callers("list", "-o", "json");
  assert.equal(
    out.match(/(?<="(cluster|name)": ?")\w+/g)?.join(" "),
    "one kept one old other kept",
  );
  await prints(callers("list", "-o", "name"), "kept\nold\n");
  await prints(callers("list", "--region", REGIONS.other), /^NAME +STATE .*\nkept .*\n$/);
  // The names of the first context complete those of an id.
  await prints(regions.run("__complete callers '' callers remove -c prod"), "kept\nold\n");
  regions.strike("one");
  await exits(callers("list"), 3, /^one: No connection/m, /^CLUSTER .*\nother +kept .*\n$/);
});
