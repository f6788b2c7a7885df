// `mappings` with one cluster in two regions: which contexts an id means, and what is written while
// one region fails.

import assert from "node:assert/strict";
import { test } from "node:test";
import { REGIONS, useTwoRegions } from "../../two-regions.ts";
import { ADMIN, exits } from "./cluster.ts";

const MALLORY = "arn:aws:iam::111122223333:user/mallory";
const USER = "user/111122223333/mallory";
const regions = useTwoRegions({ ...ADMIN, [USER]: { arn: MALLORY, username: "mallory" } });
const mappings = (...words: string[]) => regions.run(["mappings", ...words]);
const plans = (out: string) =>
  out.match(/region [\w-]+, cluster prod/g)?.map((heading) => heading.split(/[ ,]/)[1]) ?? [];

test("an id means all its contexts for a command that takes several, and --region selects one", async () => {
  const both = Object.values(REGIONS);
  const deny = async (...words: string[]) =>
    plans((await mappings("deny", MALLORY, "--dry-run", ...words)).out);
  assert.deepEqual(await deny("-c", "prod"), both);
  assert.deepEqual(await deny("-c", "prod", "-c", "one"), both);
  // Not that of AWS_REGION, which would be another store of the same id.
  assert.deepEqual(await deny("-c", "other"), [REGIONS.other]);
  assert.deepEqual(await deny("-c", "prod", "--region", REGIONS.other), [REGIONS.other]);
  // As in a stack's KubeconfigCommand.
  const place = ["--region", REGIONS.other, "--prefix", "/iam-authenticator/prod"];
  assert.deepEqual(await deny("-c", "prod", ...place), [REGIONS.other]);
  // Another profile for all contexts selects none of them.
  const unknown = await mappings("deny", MALLORY, "-c", "prod", "--profile", "nobody");
  assert.equal(unknown.err.match(/^one, other: No AWS profile "nobody"/gm)?.length, 1);
});

test("an id means all its contexts, but not for a command for one cluster", async () => {
  regions.configure({
    prod: { region: REGIONS.one },
    standby: { cluster: "prod", region: REGIONS.other },
  });
  assert.deepEqual(
    plans((await mappings("deny", MALLORY, "--dry-run", "-c", "prod")).out),
    Object.values(REGIONS),
  );
  assert.deepEqual(plans((await mappings("deny", MALLORY, "--dry-run", "-c", "standby")).out), [
    REGIONS.other,
  ]);
  assert.equal((await mappings("get", USER, "-c", "prod")).code, 0);
  regions.configure({
    prod: { cluster: "elsewhere" },
    one: { cluster: "prod" },
    other: { cluster: "prod" },
  });
  process.env["AWS_REGION"] = REGIONS.one;
  const { out } = await mappings("deny", MALLORY, "--dry-run", "--new", "-c", "prod");
  assert.match(out, /^Plan for .* cluster elsewhere /);
});

test("a command for one cluster stops and names the contexts of the id", async () => {
  for (const words of [["get", USER], ["edit", USER, "-y"], ["rollback", USER], ["export"]]) {
    const message =
      /config\.yaml has several contexts for the cluster prod\. Give one of them as --cluster: one, other\.\n$/;
    await exits(mappings(...words, "-c", "prod"), 2, message);
  }
});

test("remove skips a store that lacks the mapping, and fails if none has it", async () => {
  const remove = (...words: string[]) =>
    mappings("remove", MALLORY, "-y", "--rate", "1000", ...words);
  await exits(remove("-c", "prod", "--region", REGIONS.other), 0);
  await exits(remove("-c", "prod"), 0, /^other: \S+mallory does not exist\.$/m);
  await exits(remove("-c", "one", "-c", "other"), 1);
});
