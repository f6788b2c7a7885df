// Writes to a cluster that does not exist fail without --new. A stack or a parameter proves that it exists.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type LocalServer, startHttpServer } from "../../../local/http-server.ts";
import { type MemoryStore, startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { ec } from "../../functions/issuer/samples.ts";
import { type CliOptions, cli, useLocalAws } from "../cli.ts";
import { onlyGranted } from "../mappings/permissions.ts";
import { stacksForbidden, startStacks } from "../stacks.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";
const COMMAND =
  "npx --no -- lambda-iam-authenticator callers add control-plane --cluster in-an-app --region us-east-1 --yes";

let store: MemoryStore;
let stacks: LocalServer;
beforeEach(async () => {
  store = await startParameterStore({ parameters: { "/iam-authenticator/staging/callers": "[]" } });
  stacks = await startStacks({
    "IamAuthenticator-prod": {},
    OurApp: { AuthKubeconfigCommand1A2B3C4D: COMMAND },
    unrelated: {},
  });
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url });
});
afterEach(() => Promise.all([store.close(), stacks.close()]));

const input = JSON.stringify({ mappings: [{ arn: ROLE, username: "dev" }] });
const jwks = JSON.stringify({ keys: [ec("P-256").jwk] });
const WRITES: readonly (readonly [words: readonly string[], input?: string])[] = [
  [["mappings", "set", ROLE, "--username", "x"]],
  [["mappings", "apply", "-f", "-"], input],
  [["mappings", "deny", ROLE]],
  [["mappings", "allow", ROLE]],
  [["mappings", "remove", ROLE]],
  [["mappings", "rollback", ROLE]],
  [["callers", "add", "control-plane"]],
  [["irsa", "keys", "publish", "--jwks", "-"], jwks],
];
const REFUSED =
  "The cluster prodd does not exist in account 111122223333, region us-east-1: it has no stack IamAuthenticator-prodd and " +
  "no parameter below /iam-authenticator/prodd. Clusters there: in-an-app, prod, staging. Check --cluster, --region and " +
  "--profile. To write to a new cluster, use --new.\n";

const set = (cluster: string, words: readonly string[] = ["-y"], options: CliOptions = {}) =>
  cli(["mappings", "set", ROLE, "--username", "x", "-c", cluster, ...words], options);

test("every command that writes rejects a missing cluster and lists the existing ones", async () => {
  for (const [words, text = ""] of WRITES) {
    const { code, err } = await cli([...words, "-c", "prodd", "-y"], { input: text });
    assert.deepEqual([code, err], [2, REFUSED], words.join(" "));
  }
  assert.ok(!store.requests.some(({ headers }) => headers["x-amz-target"] === "AmazonSSM.PutParameter"));
});

test("--new creates the cluster", async () => {
  assert.equal((await set("prodd", ["-y", "--new"])).code, 0);
  assert.equal((await set("prodd", ["-y"])).code, 0);
});

test("a stack with the default name, a stack with another name or a parameter is enough for a cluster", async () => {
  for (const cluster of ["prod", "in-an-app", "staging"]) {
    const { code, err } = await set(cluster);
    assert.equal(code, 0, err);
    assert.doesNotMatch(err, /Cannot check/);
  }
});

test("the message reports that no cluster was found", async () => {
  await stacks.close();
  stacks = await startStacks({});
  store.remove("/iam-authenticator/staging/callers");
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_CLOUDFORMATION: stacks.url });
  assert.match((await set("prodd")).err, /\. No cluster was found there\. /);
});

test("without the permission to check, the command warns and asks, or continues with --yes", async () => {
  stacks.fail(stacksForbidden());
  const told = "Cannot check whether the cluster prodd exists: no permission for cloudformation:DescribeStacks.\n";
  const asked = await set("prodd", [], { interactive: true, input: "n\n" });
  assert.equal(asked.code, 1);
  assert.ok(asked.err.startsWith(`${told}Write 1 parameter in account`), asked.err);
  const { code, err } = await set("prodd");
  assert.deepEqual([code, err.startsWith(told)], [0, true], err);
});

test("a team with access to one account finds its cluster by its mappings", async () => {
  store.put("/iam-authenticator/prodd/user/111122223333/alice", "{}");
  store.fail(onlyGranted("/iam-authenticator/prodd", "111122223333"));
  stacks.fail(stacksForbidden());
  const { code, err } = await set("prodd", ["-y", "--account", "111122223333"]);
  assert.equal(code, 0, err);
  assert.doesNotMatch(err, /Cannot check/);
});

test("an unreachable CloudFormation causes a warning", async () => {
  const gone = await startHttpServer(() => ({ status: 200, body: "" }));
  await gone.close();
  useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_CLOUDFORMATION: gone.url });
  assert.match(
    (await set("prodd")).err,
    /^Cannot check whether the cluster prodd exists: No connection to 127\.0\.0\.1 /,
  );
});

test("repeated pages and endless empty pages of stacks end the search", async () => {
  for (const [cluster, isRepeated, said] of [
    ["first", true, "its pages repeat"],
    ["second", false, "its pages do not end"],
  ] as const) {
    let pages = 0;
    const endless = await startHttpServer(() => {
      pages += 1;
      const token = `<NextToken>${isRepeated ? "again" : pages}</NextToken>`;
      const result = `<DescribeStacksResult><Stacks/>${token}</DescribeStacksResult>`;
      return { status: 200, body: `<DescribeStacksResponse>${result}</DescribeStacksResponse>` };
    });
    useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url, AWS_ENDPOINT_URL_CLOUDFORMATION: endless.url });
    const { code, err } = await set(cluster);
    await endless.close();
    assert.equal(code, 0, err);
    assert.match(err, new RegExp(`^Cannot check whether the cluster ${cluster} exists: .*\\(${said}\\)`));
  }
});
