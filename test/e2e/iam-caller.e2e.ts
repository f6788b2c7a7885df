// A kube-apiserver that proves itself by IAM: renewal of its token file, and an exec plugin.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { mintToken } from "../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../local/sandbox-files.ts";
import { isolatedVariables } from "../aws-variables.ts";
import { prepare, useServer } from "../cli/fixtures.ts";
import { localIdentity } from "../local-aws.ts";
import { findAwsCli } from "./aws-cli.ts";
import { callersParameter } from "./cluster/backend.ts";
import { login, startCluster } from "./cluster.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples/caller-token");
const CALLER_ID = `${CLUSTER_ID}:caller`;
const TOKEN_MS = 15 * 60_000;
/** bob signs as the role, alice as the user. */
const CALLERS = [
  {
    name: "control-plane",
    arn: "arn:aws:iam::111122223333:role/Developers",
    principalId: "AROALOCALDEVELOPERSAA",
  },
  { name: "by-the-aws-cli", arn: "arn:aws:iam::111122223333:user/engineering/alice" },
];
const [bob, alice] = [localIdentity("bob"), localIdentity("alice")];

let file: string;
const cluster = useServer(() =>
  startCluster({ webhooks: [{ user: (_, folder) => ({ tokenFile: firstToken(folder) }) }, {}] }),
);
prepare(() => {
  const { backend } = cluster;
  for (const [name, value] of Object.entries(callersParameter([backend.callerToken]))) {
    backend.store.put(name, JSON.stringify([...JSON.parse(value), ...CALLERS]));
  }
  backend.redeploy();
});

function firstToken(folder: string): string {
  mkdirSync(join(folder, "mounted"));
  file = join(folder, "mounted", "caller-token");
  writeFileSync(file, "not yet a token\n", { mode: 0o600 });
  return file;
}

/** The complete path of the AWS CLI: kube-apiserver has no PATH. */
function awsCli(): string {
  const found = findAwsCli();
  return found === "aws" ? execFileSync("which", [found], { encoding: "utf8" }).trim() : found;
}

/**
 * As the example's script does, with a token that is already old: STS and the function accept 15
 * minutes from signing.
 */
async function renew(leftMs: number): Promise<void> {
  const now = Date.now() - TOKEN_MS + leftMs;
  const token = await mintToken({ identity: bob, clusterId: CALLER_ID, region: REGION, now });
  writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Only this machine's keys, and no other configuration. */
function renewByScript(): void {
  const PATH = `${dirname(awsCli())}:${process.env["PATH"]}`;
  const env = { PATH, HOME: cluster.folder, ...isolatedVariables(alice) };
  execFileSync(join(EXAMPLES, "renew-caller-token"), [CLUSTER_ID, REGION, file], { env });
}

test("no login is lost in two lifetimes of tokens", { timeout: 400_000 }, async (t) => {
  const { backend } = cluster;
  // kube-apiserver reads the file for its first call of the webhook, and then every minute.
  const LIFE_MS = 75_000;
  const RUN_MS = 140_000;
  const start = Date.now();
  let [lost, renewals, next] = [0, 0, 0];
  while (Date.now() - start < RUN_MS) {
    if (Date.now() >= next) {
      // For the last minute, by the example's script with the AWS CLI.
      if (Date.now() - start < 70_000) await renew(LIFE_MS);
      else renewByScript();
      renewals += 1;
      next = Date.now() + 8_000;
    }
    if ((await login(cluster.apiservers[0]).catch((error: unknown) => `${error}`)) !== "alice")
      lost += 1;
    await sleep(250);
  }
  const accepted = backend.reviews().filter(({ outcome }) => outcome === "granted").length;
  t.diagnostic(`${accepted} logins, ${lost} lost, ${renewals} renewals`);
  assert.equal(lost, 0);
  assert.ok(accepted > 100);
  // The tokens of the first half live 75 s: without renewals, most logins would have failed.
  const used = new Set(
    backend.gateway.events.map(({ headers }) => keyOf(headers["authorization"])),
  );
  assert.ok([bob, alice].every(({ accessKeyId }) => used.has(accessKeyId)));
});

test("a caller with a token is accepted too", async () =>
  assert.equal(await login(cluster.apiservers[1]), "alice"));

test("an exec plugin: the users entry of docs/callers.md, with the AWS CLI", async () => {
  const [{ user }] = parse(readFileSync(join(EXAMPLES, "exec.yaml"), "utf8")).users;
  const own = (word: string) => word.replace("my-cluster", CLUSTER_ID).replace("eu-west-1", REGION);
  const args = user.exec.args.map(own);
  const variables = { PATH: process.env["PATH"] ?? "", ...isolatedVariables(alice) };
  const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const config = parse(readFileSync(join(cluster.folder, "webhook-2.kubeconfig"), "utf8"));
  const configFile = join(cluster.folder, "exec.kubeconfig");
  config.users = [
    { name: "kube-apiserver", user: { exec: { ...user.exec, command: awsCli(), args, env } } },
  ];
  writeFileSync(configFile, stringify(config), { mode: 0o600 });
  await cluster.restart(1, { configFile });
  assert.equal(await login(cluster.apiservers[1]), "alice");
  assert.equal(
    keyOf(cluster.backend.gateway.events.at(-1)?.headers["authorization"]),
    alice.accessKeyId,
  );
});

/** The access key id of the token in an Authorization header; `undefined` for another bearer. */
function keyOf(authorization: string | undefined): string | undefined {
  const [, encoded = ""] = /^Bearer k8s-aws-v1\.(.*)$/.exec(authorization ?? "") ?? [];
  return /X-Amz-Credential=(\w+)/.exec(Buffer.from(encoded, "base64url").toString())?.[1];
}
