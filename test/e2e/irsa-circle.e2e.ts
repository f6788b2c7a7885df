// A Pod of one cluster logs in to another with its service account's role; STS refuses invalid tokens.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, SignJWT } from "jose";
import { CLUSTER_ID } from "../../local/sandbox-settings.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { kubectl } from "./cluster/kubectl.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { exchange } from "./irsa/exchange.ts";
import { buildGoClient } from "./irsa/go-client.ts";
import {
  type IssuingCluster,
  type MadePod,
  pod,
  podEnvironment,
  podToken,
  startIssuingCluster,
} from "./irsa/issuing-cluster.ts";

const OWN_COMMAND = fileURLToPath(new URL("../../cli/iam-authenticator.ts", import.meta.url));
const SESSION = /^arn:aws:sts::111122223333:assumed-role\/Deployer\/\S+$/;
const run = promisify(execFile);

let first: IssuingCluster;
let second: Cluster;
let made: MadePod;
/** The environment of the Pod's container, and the local STS. */
let environment: Readonly<Record<string, string>>;

before(async () => {
  first = await startIssuingCluster();
  second = await startCluster({ webIdentity: first.webIdentity });
  made = (await first.kubernetes.create(pod("job"))) as MadePod;
  environment = {
    ...(await podEnvironment(first.kubernetes, made, second.folder)),
    AWS_ENDPOINT_URL_STS: second.backend.sts.url,
  };
});
after(async () => {
  await second.stop();
  await first.stop();
});

test("the Pod has only its role, token and region for AWS", () => {
  assert.deepEqual(Object.keys(environment).sort(), [
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_STS",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
  ]);
});

test("a Pod's role logs in to a second cluster, and kubectl auth whoami prints it", async () => {
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    interactiveMode: "Never",
    command: process.execPath,
    args: [OWN_COMMAND, "token", "--cluster", CLUSTER_ID],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
  } as const;
  const { code, stdout, stderr } = await kubectl(second, { exec }, ["auth", "whoami", "-o", "json"]);
  assert.equal(code, 0, stderr);
  const { username, groups, extra } = JSON.parse(stdout).status.userInfo;
  assert.deepEqual([username, groups], ["ci-deployer", ["deployers", "system:authenticated"]]);
  assert.deepEqual(extra.canonicalArn, ["arn:aws:iam::111122223333:role/Deployer"]);
});

// The AWS CLI and the SDK for JavaScript: irsa.e2e.ts.
test("the SDK for Go v2 gets the role's credentials with only the Pod's environment", async () => {
  const { stdout } = await run(buildGoClient(), [], { env: { ...environment }, timeout: 60_000 });
  assert.match(stdout, SESSION);
});

/** The claims of the real token, signed with another key. */
function signed(token: string, key: Parameters<SignJWT["sign"]>[0], kid: string, claims: JWTPayload = {}) {
  return new SignJWT({ ...decodeJwt(token), ...claims }).setProtectedHeader({ alg: "ES256", kid }).sign(key);
}

function kidOf(token: string): string {
  const { kid } = decodeProtectedHeader(token);
  assert.ok(kid !== undefined);
  return kid;
}

/** A token of a Pod with this service account in this namespace. */
async function tokenOf(namespace: string, account: string): Promise<string> {
  const other = (await first.kubernetes.create(pod(`pod-of-${account}`, account, namespace))) as MadePod;
  return podToken(first.kubernetes, other);
}

const forger = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const REFUSED: readonly [what: string, token: (good: string) => Promise<string> | string, reason: RegExp][] = [
  [
    "for another audience",
    () => podToken(first.kubernetes, made, { audience: "sts.example.com" }),
    /^InvalidIdentityToken: Incorrect token audience/,
  ],
  ["of another service account", () => tokenOf("ci", "another"), /^AccessDenied: /],
  ["of another namespace", () => tokenOf("other", "deployer"), /^AccessDenied: /],
  ["signed by a forged key", (good) => signed(good, forger, kidOf(good)), /^InvalidIdentityToken: The ID Token is not/],
  ["of an unknown kid", (good) => signed(good, forger, "unknown"), /^InvalidIdentityToken: Couldn't retrieve verif/],
  [
    "with alg none",
    (good) => `${Buffer.from('{"alg":"none"}').toString("base64url")}.${good.split(".")[1]}.`,
    /^InvalidIdentityToken: /,
  ],
];

for (const [what, token, reason] of REFUSED) {
  test(`STS refuses a token ${what}`, async () => {
    const good = await podToken(first.kubernetes, made);
    const { sts } = second.backend;
    await assert.rejects(exchange(sts.url, await token(good)), { message: reason });
    assert.match(await exchange(sts.url, good), SESSION);
  });
}

test("a token that this test signs with the cluster's key is valid, so the other tokens fail because of their key", async () => {
  const good = await podToken(first.kubernetes, made);
  const key = createPrivateKey(readFileSync(first.kubernetes.credentials.files.serviceAccountKey));
  assert.match(await exchange(second.backend.sts.url, await signed(good, key, kidOf(good))), SESSION);
});

test("STS refuses an expired token", async () => {
  const token = await podToken(first.kubernetes, made, { expirationSeconds: 600 });
  const { webIdentity } = first;
  const later = await startSts({ webIdentity, now: () => Date.now() + 601_000 });
  const sooner = await startSts({ webIdentity, now: () => Date.now() + 500_000 });
  try {
    await assert.rejects(exchange(later.url, token), { message: /^ExpiredTokenException: / });
    assert.match(await exchange(sooner.url, token), SESSION);
  } finally {
    await Promise.all([later.close(), sooner.close()]);
  }
});

test("STS refuses tokens of a key only after its retirement", async () => {
  const token = await podToken(first.kubernetes, made);
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const file = join(second.folder, "next.pub");
  writeFileSync(file, publicKey.export({ format: "pem", type: "spki" }));
  assert.equal((await first.keys(["publish", "--public-key", file, "--yes"])).code, 0);
  first.issuer.redeploy();
  assert.match(await exchange(second.backend.sts.url, token), SESSION);

  // as after a leak: its tokens must fail immediately
  const { code, err } = await first.keys(["retire", `issuer/${kidOf(token)}`, "--force", "--yes"]);
  assert.equal(code, 0, err);
  first.issuer.redeploy();
  const refusal = { message: /^InvalidIdentityToken: Couldn't retrieve verification key/ };
  await assert.rejects(exchange(second.backend.sts.url, token), refusal);
});
