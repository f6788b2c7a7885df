// A cluster exists where a parameter exists. Writes to any other need --new, and reads of it fail.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ec } from "../../functions/issuer/samples.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import { forbidden, onlyGranted } from "../mappings/permissions.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";

let store: MemoryStore;
beforeEach(async () => {
  store = await startParameterStore({
    parameters: { "/iam-authenticator/staging/callers": "[]", "/iam-authenticator/prod/pattern/any": "[]" },
  });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url });
});
afterEach(() => store.close());

const input = JSON.stringify({ mappings: [{ arn: ROLE, username: "dev" }] });
const jwks = JSON.stringify({ keys: [ec("P-256").jwk] });
const WRITES: readonly (readonly [words: readonly string[], input?: string])[] = [
  [["mappings", "set", ROLE, "--username", "x"]],
  [["mappings", "apply", "-f", "-"], input],
  [["mappings", "deny", ROLE]],
  [["mappings", "deny", "jane@example.com"]],
  [["mappings", "allow", ROLE]],
  [["mappings", "remove", ROLE]],
  [["mappings", "rollback", ROLE]],
  [["callers", "add", "control-plane"]],
  [["irsa", "keys", "publish", "--jwks", "-"], jwks],
];
const ABSENT =
  "The cluster prodd has no parameter below /iam-authenticator/prodd in account 111122223333, region us-east-1. " +
  "Check --cluster, --region and --profile.";

const set = (cluster: string, words: readonly string[] = ["-y"], options: CliOptions = {}) =>
  cli(["mappings", "set", ROLE, "--username", "x", "-c", cluster, ...words], options);
const isWritten = () => store.requests.some(({ headers }) => headers["x-amz-target"] === "AmazonSSM.PutParameter");

test("every command that writes rejects a cluster without parameters", async () => {
  for (const [words, text = ""] of WRITES) {
    const { code, err } = await cli([...words, "-c", "prodd", "-y"], { input: text });
    assert.deepEqual([code, err], [2, `${ABSENT} To write to a new cluster, use --new.\n`], words.join(" "));
  }
  assert.ok(!isWritten());
});

test("commands that read a cluster without parameters print nothing, and exit with 1", async () => {
  const outputs = ["table", "json", "yaml"].map((output) => ["-o", output]);
  const reads = [
    ...outputs.map((output) => ["mappings", "list", ...output]),
    ...outputs.map((output) => ["mappings", "get", ROLE, ...output]),
    ["mappings", "export"],
    ["mappings", "export", "--format", "aws-auth"],
    ...outputs.map((output) => ["explain", ROLE, ...output]),
    ...outputs.map((output) => ["callers", "list", ...output]),
    ...outputs.map((output) => ["irsa", "keys", "list", ...output]),
  ];
  for (const words of reads) {
    const { code, out, err } = await cli([...words, "-c", "prodd"]);
    assert.deepEqual([code, out, err], [1, "", `${ABSENT}\n`], words.join(" "));
  }
  const diff = await cli(["mappings", "diff", "-c", "prod", "-c", "prodd"]);
  assert.deepEqual([diff.code, diff.out, diff.err], [1, "", `prodd: ${ABSENT}\n`]);
  const both = await cli(["mappings", "list", "-c", "prod", "-c", "prodd", "-o", "name"]);
  assert.deepEqual([both.code, both.out], [1, ""]);
  assert.ok(both.err.endsWith(`prodd: ${ABSENT}\n`), both.err);
});

test("lint, diff with a file, and a dry run accept a cluster without parameters", async () => {
  for (const words of [["lint"], ["diff", "-f", "-"], ["apply", "-f", "-", "--dry-run"]]) {
    const { out, err } = await cli(["mappings", ...words, "-c", "prodd"], { input });
    assert.doesNotMatch(err, /no parameter below/, words.join(" "));
    if (words[0] !== "lint") assert.match(out, /^1 to add, /m);
  }
  assert.ok(!isWritten());
});

test("--new creates the cluster, and has no effect on one that exists", async () => {
  assert.equal((await set("prodd", ["-y", "--new"])).code, 0);
  assert.equal((await set("prodd", ["-y"])).code, 0);
  const { code, err } = await set("staging", ["-y", "--new"]);
  assert.deepEqual([code, err], [0, "Wrote 1 parameter. The function reads the change within 30 s.\n"]);
});

test("one parameter of any kind is enough for a cluster", async () => {
  for (const cluster of ["prod", "staging"]) {
    const { code, err } = await set(cluster);
    assert.equal(code, 0, err);
    assert.equal((await cli(["callers", "list", "-c", cluster])).code, 0);
    assert.equal((await cli(["irsa", "keys", "list", "-c", cluster])).code, 0);
  }
});

test("the suggestion is the nearest context, and is left out if no name is similar", async () => {
  const folder = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  mkdirSync(join(folder, "iam-authenticator"));
  writeFileSync(join(folder, "iam-authenticator/config.yaml"), "contexts: {production: {cluster: prod}}");
  const environment = { XDG_CONFIG_HOME: folder };
  try {
    const near = await set("producton", ["-y"], { environment });
    assert.match(near.err, /us-east-1\. Did you mean production\? Check --cluster/);
    const far = await set("else", ["-y"], { environment });
    assert.match(far.err, /us-east-1\. Check --cluster/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without the permission to check, the command warns and asks, or continues with --yes", async () => {
  store.fail(forbidden("GetParametersByPath"));
  const warning = "Cannot check whether the cluster prodd exists: no permission for ssm:GetParametersByPath.\n";
  const asked = await set("prodd", [], { interactive: true, input: "n\n" });
  assert.equal(asked.code, 1);
  assert.ok(asked.err.startsWith(warning), asked.err);
  assert.match(asked.err, /^Write 1 parameter in account/m);
  const explained = await cli(["explain", ROLE, "-c", "prodd"]);
  assert.deepEqual([explained.code, explained.err], [1, warning]);
});

test("a team with access to one account finds its cluster by the parameters that it may read", async () => {
  for (const [cluster, name] of [
    ["one", "user/111122223333/alice"],
    ["two", "deny/any"],
  ]) {
    store.put(`/iam-authenticator/${cluster}/${name}`, "[]");
    store.fail(onlyGranted(`/iam-authenticator/${cluster}`, "111122223333"));
    const { code, err } = await set(`${cluster}`, ["-y", "--account", "111122223333", "--allow-weakening"]);
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /Cannot check/);
  }
});

test("if AWS fails to answer whether the cluster exists, the command writes nothing", async () => {
  const type = "InternalServerError";
  const fault = { status: 500, headers: { "x-amzn-errortype": type }, body: JSON.stringify({ __type: type }) };
  store.fail(({ headers }) =>
    headers["x-amz-target"] === "AmazonSSM.GetParametersByPath" ? { kind: "answer", ...fault } : undefined,
  );
  const { code, err } = await set("prodd");
  assert.equal(code, 3, err);
  assert.ok(!isWritten());
});
