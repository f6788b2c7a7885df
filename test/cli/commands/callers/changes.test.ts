// Changes of the callers' list: callers by IAM, a list that a CloudFormation stack manages, and
// several operators at once.

import assert from "node:assert/strict";
import { hash, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SSM } from "@aws-sdk/client-ssm";
import { parse } from "yaml";
import { isCaller } from "../../../../functions/authenticator/caller/caller.ts";
import { cli } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { isPut } from "../mappings/apply.ts";
import { exits, prints, refuses, useCluster, WHERE } from "../mappings/cluster.ts";
import { callers, PARAMETER, storedCallers } from "./stored-callers.ts";

const { path: folder } = useFolder();
const cluster = useCluster();
const stored = () => storedCallers(cluster);
const names = async () => (await stored()).map(({ name }) => name);
const END = "2100-01-01T00:00:00Z";
const KEPT = [
  { name: "kept", sha256: "0".repeat(64) },
  { name: "old", sha256: "1".repeat(64), notAfter: END },
];

const ROLE = "arn:aws:iam::111122223333:role/control-plane";
const USER = "arn:aws:iam::111122223333:user/path/k3s";

test("add --arn stores a role or user, and remove keeps the last accepted caller", async () => {
  const said = `The function accepts tokens that ${ROLE} signs for prod:caller, within 60 s.`;
  const summary = "1 to add, 0 to change, 0 to remove, 0 unchanged.\n";
  const plan = `Plan for ${WHERE}:\n+ callers\n    name: control-plane arn: ${ROLE}\n${summary}`;
  const adding = callers(["add", "control-plane", "--arn", ROLE, "--yes"]);
  await prints(adding, plan, `Added control-plane to ${PARAMETER}. ${said}\n`);
  await exits(
    callers([
      "add",
      "k3s",
      "--arn",
      USER,
      "--principal-id",
      "AIDAEXAMPLE123456789X",
      "--until",
      END,
      "--yes",
    ]),
    0,
  );
  const entry = { name: "k3s", arn: USER, principalId: "AIDAEXAMPLE123456789X", notAfter: END };
  assert.deepEqual(await stored(), [{ name: "control-plane", arn: ROLE }, entry]);
  assert.ok(isCaller(entry));
  await exits(callers(["add", "rescue", "--yes"]), 0);
  const { out } = await callers("list");
  assert.match(
    out,
    /^NAME +STATE +UNTIL +SHA-256 OR ARN\ncontrol-plane +accepted +arn:\S+:role\/control-plane\n/,
  );
  assert.match(
    out,
    /\nk3s +accepted +2100-01-01T00:00:00Z +arn:\S+:user\/path\/k3s \(AIDAEXAMPLE123456789X\)\n/,
  );
  assert.match(out, /\nrescue +accepted +[0-9a-f]{12}\n$/);
  const items = JSON.parse((await callers(["list", "-o", "json"])).out);
  assert.deepEqual(items[0], { name: "control-plane", state: "accepted", arn: ROLE });
  assert.deepEqual(Object.keys(items[2]), ["name", "state", "sha256"]);
  for (const name of ["rescue", "k3s"]) await exits(callers(["remove", name, "--yes"]), 0);
  await exits(callers(["remove", "control-plane", "--yes"]), 1, /^Refused: no caller would remain/);
});

test("add refuses what could never be the caller, and writes nothing", async () => {
  for (const [words, message] of [
    [
      ["--arn", "arn:aws:sts::111122223333:assumed-role/control-plane/i-1"],
      /This one is a session's: give its role's/,
    ],
    [
      ["--arn", "arn:aws:iam::111122223333:root"],
      /It must be an IAM role's or user's ARN, such as /,
    ],
    [["--arn", "control-plane"], /It must be an IAM role's or user's ARN/],
    [
      ["--arn", "arn:aws-cn:iam::111122223333:role/control-plane"],
      /is in another partition than the function \(aws\)/,
    ],
    [
      ["--arn", ROLE, "--principal-id", "AIDAEXAMPLE123456789X"],
      /principalId must be the unique id of a role \(AROA\.\.\.\)/,
    ],
    [["--principal-id", "AROAEXAMPLE123456789X"], /^--principal-id needs --arn\.\n$/],
    [["--arn", ROLE, "--endpoint", "https://a.example"], /cannot be used with option '--endpoint/],
    [["--arn", ROLE, "--out", "x"], /cannot be used with option '--out/],
  ] as const) {
    await refuses(callers(["add", "new", ...words, "--yes"]), message);
  }
  assert.ok(!cluster.store.requests.some(isPut));
});

const MANAGED = "is managed by the CloudFormation stack Auth-prod and was not changed";
const TOLD = `callers ${MANAGED}. Change it there, or use --force.\nNothing was written.\n`;

test("add and remove change a managed list only with --force", async () => {
  const managed = { "iam-authenticator:managed-by": "Auth-prod", team: "x" };
  cluster.store.put(PARAMETER, JSON.stringify(KEPT), { tags: managed });
  const file = join(folder, "managed");
  const toFile = `add new --endpoint https://a.example --out ${file}`;
  for (const words of [toFile, "remove old -y", "remove old --dry-run"]) {
    await exits(callers(words), 1, TOLD, /\n0 to add, 0 to change, 0 to remove, 0 unchanged\.\n$/);
  }
  // Standard output would have only the token.
  const { out, err } = await exits(callers("add new"), 1);
  assert.equal(out, "");
  assert.match(
    err,
    /\n0 to add, 0 to change, 0 to remove, 0 unchanged\.\nNothing was written\.\n$/,
  );
  assert.ok(!existsSync(file));
  await prints(callers("list"), /\nkept +accepted.*\nold +accepted/);
  await exits(callers(["add", "new", "--force", "-y"]), 0, /^(?!.*managed)/);
  await exits(callers(["remove", "old", "-y", "--force"]), 0);
  assert.deepEqual(await names(), ["kept", "new"]);
  const ssm = new SSM({ endpoint: cluster.store.url });
  const { TagList = [] } = await ssm.listTagsForResource({
    ResourceType: "Parameter",
    ResourceId: PARAMETER,
  });
  assert.deepEqual(Object.fromEntries(TagList.map(({ Key, Value }) => [Key, Value])), managed);
  const { Parameters = [] } = await ssm.getParameterHistory({ Name: PARAMETER });
  assert.match(
    Parameters.at(-1)?.Description ?? "",
    /^Managed by the CloudFormation stack Auth-prod\b/,
  );
  ssm.destroy();
});

test("add changes a list with other tags without --force", async () => {
  cluster.store.put(PARAMETER, JSON.stringify(KEPT), { tags: { team: "x" } });
  await exits(callers(["add", "new", "-y"]), 0, /^(?!.*stack)/);
  assert.deepEqual(await names(), ["kept", "old", "new"]);
});

async function add(name: string) {
  const file = join(folder, `${name}-${randomUUID()}`);
  const { code, err } = await callers([
    "add",
    name,
    "--endpoint",
    "https://a.example",
    "--out",
    file,
    "--yes",
  ]);
  const token = existsSync(file)
    ? parse(readFileSync(file, "utf8")).users[0].user.token
    : undefined;
  return { name, code, err, hash: token === undefined ? undefined : hash("sha256", token, "hex") };
}

test("if two adds use the same name, one succeeds and the other fails and leaves no file", async () => {
  const results = await Promise.all([add("twin"), add("twin")]);
  const [accepted, refused] = results.toSorted((result, other) => result.code - other.code);
  assert.deepEqual(await stored(), [{ name: "twin", sha256: accepted?.hash }]);
  assert.deepEqual([refused?.code, refused?.hash], [1, undefined]);
  assert.match(
    refused?.err ?? "",
    /^Another operator changed twin in \S+callers at the same time\. Their change is k/,
  );
});

test("after a write without a response, the message reports the actual state", async () => {
  cluster.put("callers", KEPT);
  const before = cluster.store.requests.length;
  const file = join(folder, "unanswered");
  const environment = { AWS_MAX_ATTEMPTS: "1" };
  const adding = cli(`callers add lost --endpoint https://a.example --out ${file} -c prod -y`, {
    environment,
  });
  while (cluster.store.requests.length === before) await new Promise(setImmediate);
  cluster.store.fail({ kind: "answer", status: 500, body: "{}" });
  const { err } = await exits(adding, 3);
  cluster.store.fail(undefined);
  const isThere = (await names()).includes("lost");
  assert.equal(existsSync(file), isThere || /not known/.test(err), err);
  if (existsSync(file))
    assert.match(err, /It is not known whether callers was written\. .*\nThe token of lost is in /);
});

test("an invalid entry of another caller is never overwritten, and the error names it", async () => {
  const text = `[{"name":"hand-made","sha256":"x"},{"name":"good","sha256":"${"0".repeat(64)}"},{"sha256":1}]`;
  cluster.put("callers", text);
  for (const words of ["add x", "remove good -y --force"]) {
    await exits(
      callers(words),
      1,
      /^Nothing was written: \S+callers has invalid entries: 1 \(hand-made\), 3\. /,
      "",
    );
  }
  assert.equal(JSON.stringify(await stored()), text);
  cluster.put("callers", [{ name: "hand-made", sha256: "x" }, ...KEPT]);
  await exits(callers(["remove", "hand-made", "-y"]), 0);
  assert.deepEqual(await stored(), KEPT);
});
