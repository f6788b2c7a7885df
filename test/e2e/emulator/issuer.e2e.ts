// Dry deployment of the issuer in the order of docs/irsa.md: publishes keys, deploys the stack with the CDK CLI to an AWS
// emulator, fetches both documents through its gateway, updates it, and removes the stack, which retains the issuer.
// Run by `npm run test:rehearsal`; requires Python 3. Not covered, since the emulator does not support it: the provider in
// IAM, the issuer's real URL, CodeDeploy, throttling, custom domains.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { DISCOVERY_PATH, JWKS_PATH } from "../../../functions/issuer/documents.ts";
import { keyId } from "../../../functions/issuer/key.ts";
import { REGION } from "../../../local/sandbox-settings.ts";
import { ROOT } from "../../infra/cdk-cli.ts";
import { post } from "../../post.ts";
import { machine } from "../sam/runtime-image.ts";
import { startRehearsal } from "./rehearsal.ts";

const STACK = "IamAuthenticatorIssuer-issued";
const place = await startRehearsal();
const { folder, send } = place;
const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
let url: string;

before(() => {
  place.app.run(ROOT, "bootstrap", "--output", join(folder, "bootstrap.out"));
  writeFileSync(join(folder, "sa.pub"), publicKey.export({ type: "spki", format: "pem" }));
});

function deploy(settings: Readonly<Record<string, unknown>> = {}): void {
  const cluster = { clusterId: "issued", issuer: true, architecture: machine(), safeDeployments: false, ...settings };
  writeFileSync(join(folder, ".cdk.json"), JSON.stringify({ context: { clusters: [cluster] } }));
  url = place.app.deployApp(ROOT, STACK)["IssuerUrl"] ?? "";
}

async function documents() {
  const get = (path: string) => send(`${url}${path}`, { method: "GET" });
  const [discovery, jwks] = [await get(DISCOVERY_PATH), await get(JWKS_PATH)];
  assert.deepEqual([discovery.status, jwks.status], [200, 200], discovery.text + jwks.text + place.emulator.log());
  return { discovery: JSON.parse(discovery.text), jwks: JSON.parse(jwks.text) };
}

test("the first key can be published before the issuer, with only the public key", () => {
  const command = join(ROOT, "dist", "cli", "iam-authenticator.mjs");
  const cluster = ["-c", "issued", "--region", REGION, "--public-key", join(folder, "sa.pub"), "--yes", "--new"];
  const env = { ...process.env, ...place.emulator.environment, HOME: folder };
  const printed = execFileSync(process.execPath, [command, "irsa", "keys", "publish", ...cluster], {
    encoding: "utf8",
    env,
  });
  assert.match(printed, new RegExp(`^\\+ issuer/${keyId(publicKey)}\\s+RS256, 2048 bits$`, "m"));
});

test("deploy: the gateway serves both documents with the published key", async () => {
  deploy();
  const { discovery, jwks } = await documents();
  const [, id] = /^http:\/\/(\w+)\.execute-api\./.exec(url) ?? [];
  const issuer = `https://${id}.execute-api.${REGION}.amazonaws.com`;
  assert.deepEqual(discovery, {
    issuer,
    jwks_uri: `${issuer}${JWKS_PATH}`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  });
  const { n, e } = publicKey.export({ format: "jwk" });
  assert.deepEqual(jwks.keys, [{ use: "sig", kty: "RSA", kid: keyId(publicKey), alg: "RS256", n, e }]);
});

test("other paths and methods are not served", async () => {
  for (const [method, path] of [
    ["GET", "/"],
    ["GET", "/openid/v1"],
    ["POST", JWKS_PATH],
    ["POST", "/authenticate"],
  ] as const) {
    const { status } = await send(`${url}${path}`, { method });
    assert.equal(status, 404, `${method} ${path}`);
  }
});

test("update: the issuer keeps its URL and its documents", async () => {
  const [urlBefore, before] = [url, await documents()];
  deploy({ logLevel: "debug", mappingPrefix: "/iam-authenticator/issued", throttle: { rateLimit: 1, burstLimit: 1 } });
  assert.equal(url, urlBefore);
  assert.deepEqual(await documents(), before);
});

test("destroy fails with protection; without it, the resources of the URL are retained and still respond", async () => {
  const before = await documents();
  assert.throws(() => place.app.destroy(STACK), /TerminationProtection is enabled|termination protection/i);
  assert.deepEqual(await documents(), before);
  const out = place.app.assembly(STACK);
  removeProtection(out);
  place.app.run(folder, "deploy", STACK, "--app", out, "--require-approval", "never");
  assert.equal(await stackStatus(), 200);
  place.app.destroy(STACK);
  assert.equal(await stackStatus(), 400);
  assert.deepEqual(await documents(), before);
});

/** In the template; operators use the console or the AWS CLI. */
function removeProtection(out: string): void {
  const file = join(out, "manifest.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const { properties } = manifest.artifacts[STACK];
  assert.equal(properties.terminationProtection, true);
  properties.terminationProtection = false;
  writeFileSync(file, JSON.stringify(manifest));
}

/** The HTTP status of DescribeStacks: 400 if the stack does not exist. The emulator reads the service from the credential. */
async function stackStatus(): Promise<number> {
  const scope = `test/20260101/${REGION}/cloudformation/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
  const url = `http://127.0.0.1:${place.emulator.port}/?Action=DescribeStacks&Version=2010-05-15&StackName=${STACK}`;
  return (await post(url, { headers: { authorization } })).status;
}
