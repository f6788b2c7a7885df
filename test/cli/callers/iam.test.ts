// `callers` with IAM roles and users: which entries are stored and listed, and which are refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isCaller } from "../../../functions/authenticator/caller/caller.ts";
import { isPut } from "../mappings/apply.ts";
import { exits, prints, refuses, useCluster, WHERE } from "../mappings/cluster.ts";
import { callers, PARAMETER, storedCallers } from "./stored-callers.ts";

const ROLE = "arn:aws:iam::111122223333:role/control-plane";
const cluster = useCluster({}, "all");

test("add --arn stores the role without a secret, with --principal-id and --not-after, as the function reads it", async () => {
  const said = `The function accepts tokens that ${ROLE} signs for prod:caller, within 60 s.`;
  await prints(
    callers("add", "control-plane", "--arn", ROLE, "--yes"),
    `Plan for ${WHERE}:\n+ callers\n    name: control-plane arn: ${ROLE}\n1 to add, 0 to change, 0 to remove, 0 unchanged.\n`,
    `Added control-plane to ${PARAMETER}. ${said}\n`,
  );
  const user = "arn:aws:iam::111122223333:user/path/k3s";
  const more = ["--principal-id", "AIDAEXAMPLE", "--not-after", "2100-01-01T00:00:00Z"];
  await exits(callers("add", "k3s", "--arn", user, ...more, "--yes"), 0);
  const [role, entry] = await storedCallers(cluster);
  assert.deepEqual(role, { name: "control-plane", arn: ROLE });
  assert.deepEqual(entry, { name: "k3s", arn: user, principalId: "AIDAEXAMPLE", notAfter: "2100-01-01T00:00:00Z" });
  assert.equal(isCaller(entry), true);
});

test("list shows both kinds of callers, and JSON has their fields", async () => {
  assert.equal((await callers("add", "rescue", "--yes")).code, 0);
  const { out } = await callers("list");
  assert.match(out, /^NAME +STATE +UNTIL +SHA-256 OR ARN\ncontrol-plane +accepted +arn:\S+:role\/control-plane\n/);
  assert.match(out, /\nk3s +accepted +2100-01-01T00:00:00Z +arn:\S+:user\/path\/k3s \(AIDAEXAMPLE\)\n/);
  assert.match(out, /\nrescue +accepted +[0-9a-f]{12}\n$/);
  const items = JSON.parse((await callers("list", "-o", "json")).out);
  assert.deepEqual(items[0], { name: "control-plane", state: "accepted", arn: ROLE });
  assert.deepEqual(Object.keys(items[2]), ["name", "state", "sha256"]);
});

test("remove removes an IAM caller, and refuses to remove the last accepted caller of either kind", async () => {
  for (const name of ["rescue", "k3s"]) assert.equal((await callers("remove", name, "--yes")).code, 0);
  assert.match((await callers("remove", "control-plane", "--yes")).err, /^Refused: no accepted caller would remain/);
});

test("add refuses what could never be the caller, and writes nothing", async () => {
  const before = cluster.store.requests.filter(isPut).length;
  for (const [words, message] of [
    [["--arn", "arn:aws:sts::111122223333:assumed-role/control-plane/i-1"], /This one is a session's: give its role's/],
    [["--arn", "arn:aws:iam::111122223333:root"], /It must be an IAM role's or user's ARN, such as /],
    [["--arn", "control-plane"], /It must be an IAM role's or user's ARN/],
    [["--arn", "arn:aws-cn:iam::111122223333:role/control-plane"], /is in another partition than the function \(aws\)/],
    [["--arn", ROLE, "--principal-id", "AIDAEXAMPLE"], /principalId must be the unique id of a role \(AROA\.\.\.\)/],
    [["--principal-id", "AROAEXAMPLE"], /^--principal-id needs --arn\.\n$/],
    [["--arn", ROLE, "--endpoint", "https://a.example"], /cannot be used with option '--endpoint/],
    [["--arn", ROLE, "--out", "x"], /cannot be used with option '--out/],
  ] as const) {
    await refuses(callers("add", "new", ...words, "--yes"), message);
  }
  assert.equal(cluster.store.requests.filter(isPut).length, before);
});
