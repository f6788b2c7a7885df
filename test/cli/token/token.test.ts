// `token`: accepted by the function, readable for kubectl, and its expiry.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signToken } from "../../../cli/aws/presign.ts";
import { execCredential, requestedVersion } from "../../../cli/token/token.ts";
import { createSts } from "../../../functions/authenticator/aws/sts.ts";
import { proveIdentity } from "../../../functions/authenticator/identity/prove-identity.ts";
import { readSettings } from "../../../functions/authenticator/settings.ts";
import { parseToken } from "../../../functions/authenticator/token/token.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import { LOCAL_IDENTITIES, localIdentity } from "../../../local/identities.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { keyVariables } from "../../aws-variables.ts";
import { cli, useLocalAws } from "../cli.ts";

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0, 700);

function sign(now: number, expiration?: Date) {
  const { accessKeyId, secretAccessKey, sessionToken = "" } = localIdentity("bob");
  const credentials = { accessKeyId, secretAccessKey, sessionToken, ...(expiration && { expiration }) };
  return signToken({ credentials, clusterId: "prod", region: "us-west-2", domain: "amazonaws.com", now });
}

test("every kind of identity gets a token that the function accepts and STS proves", async () => {
  const sts = await startSts();
  const clusterId = "prod";
  const { stsHosts } = readSettings({ CLUSTER_ID: clusterId, CALLER_AUTH: "none", AWS_REGION: "us-west-2" });
  const askSts = createSts({ regionalHost: "sts.us-west-2.amazonaws.com", endpoint: new URL(sts.url) });
  const prove = proveIdentity(askSts, "aws", clusterId);
  for (const identity of LOCAL_IDENTITIES) {
    if (identity.expiresAt !== undefined) continue;
    useLocalAws(keyVariables(identity));
    const { code, out } = await cli(["token", "-c", clusterId, "--region", "us-west-2"]);
    assert.equal(code, 0);
    const unverified = parseToken(JSON.parse(out).status.token, stsHosts, Date.now());
    const { result } = await prove(unverified, deadlineIn(5_000, Date.now));
    assert.equal("arn" in result && result.arn, identity.arn);
  }
  await sts.close();
});

test("--caller signs for the function's callers, and for no user", async () => {
  const sts = await startSts();
  const { stsHosts } = readSettings({ CLUSTER_ID: "prod", CALLER_AUTH: "none", AWS_REGION: "us-west-2" });
  const askSts = createSts({ regionalHost: "sts.us-west-2.amazonaws.com", endpoint: new URL(sts.url) });
  const { accessKeyId, secretAccessKey, arn } = localIdentity("alice");
  useLocalAws({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const words = ["token", "-c", "prod", "--region", "us-west-2", "--token-only"];
  const signerFor = async (id: string, token: string) => {
    const { result } = await proveIdentity(
      askSts,
      "aws",
      id,
    )(parseToken(token.trim(), stsHosts, Date.now()), deadlineIn(5_000, Date.now));
    return "arn" in result ? result.arn : result.code;
  };
  const caller = await cli([...words, "--caller"]);
  assert.equal(caller.code, 0, caller.err);
  assert.equal(await signerFor("prod:caller", caller.out), arn);
  assert.equal(await signerFor("prod", caller.out), "sts_refused");
  assert.equal(await signerFor("prod:caller", (await cli(words)).out), "sts_refused");
  await sts.close();
  for (const wrong of [["--caller=yes"], ["--caller", "yes"]]) assert.equal((await cli([...words, ...wrong])).code, 2);
  const twice = await cli(["token", "-c", "prod:caller", "--region", "us-west-2"]);
  assert.deepEqual([twice.code, /It must be up to 100 letters/.test(twice.err)], [2, true]);
});

test("the token expires after 14 minutes, or with the credentials", async () => {
  assert.equal((await sign(NOW)).expiresAt, NOW + 14 * 60_000);
  const soon = new Date(NOW + 60_500);
  assert.equal((await sign(NOW, soon)).expiresAt, soon.getTime());
  const { status } = JSON.parse(execCredential("client.authentication.k8s.io/v1", await sign(NOW, soon)));
  assert.equal(status.expirationTimestamp, "2026-11-24T12:01:01Z");
  assert.ok(Date.parse(status.expirationTimestamp) <= soon.getTime());
});

test("expired credentials give no token, and a token expires with its credentials", async () => {
  const end = "2026-11-24T12:00:30Z";
  useLocalAws({ AWS_SESSION_TOKEN: "x", AWS_CREDENTIAL_EXPIRATION: end });
  const soon = await cli(["token", "-c", "prod"], { now: NOW });
  assert.equal(JSON.parse(soon.out).status.expirationTimestamp, end);
  const { code, out, err } = await cli(["token", "-c", "prod"], { now: Date.parse(end) });
  assert.deepEqual(
    [code, out, err],
    [3, "", "The AWS credentials have expired: sign in again, then run this again.\n"],
  );
  delete process.env["AWS_CREDENTIAL_EXPIRATION"];
});

test("the version is the one that kubectl requests", () => {
  const ask = (apiVersion: string) => requestedVersion(JSON.stringify({ kind: "ExecCredential", apiVersion }));
  assert.equal(ask("client.authentication.k8s.io/v1"), "client.authentication.k8s.io/v1");
  assert.equal(ask("client.authentication.k8s.io/v1beta1"), "client.authentication.k8s.io/v1beta1");
  assert.equal(requestedVersion(undefined), "client.authentication.k8s.io/v1beta1");
  assert.throws(() => ask("client.authentication.k8s.io/v1alpha1"), /correct apiVersion in the kubeconfig/);
  assert.throws(() => requestedVersion("no JSON"), /correct apiVersion in the kubeconfig/);
});

test("--token-only prints only the token, with the host of its partition", async () => {
  useLocalAws({ AWS_REGION: "cn-north-1" });
  const { out } = await cli(["token", "-c", "prod", "--token-only"], { now: NOW });
  const url = Buffer.from(out.trim().replace("k8s-aws-v1.", ""), "base64url").toString();
  assert.match(
    url,
    /^https:\/\/sts\.cn-north-1\.amazonaws\.com\.cn\/\?Action=.*&X-Amz-Date=20261124T120000Z&X-Amz-Expires=60&/,
  );
});

test("a missing option or setting is reported in one sentence, with the correct exit code", async () => {
  useLocalAws({});
  delete process.env["AWS_REGION"];
  const noRegion = await cli(["token", "-c", "prod"]);
  assert.deepEqual([noRegion.code, noRegion.err], [2, "No AWS region: give --region, or set AWS_REGION.\n"]);
  const noSuchRegion = await cli(["token", "-c", "prod", "--region", "mars-1"]);
  assert.deepEqual([noSuchRegion.code, noSuchRegion.err], [2, "mars-1 is not an AWS region.\n"]);
  delete process.env["AWS_ACCESS_KEY_ID"];
  const noKeys = await cli(["token", "-c", "prod", "--region", "us-east-1"]);
  assert.equal(noKeys.code, 3);
  assert.match(noKeys.err, /^No AWS credentials: sign in, or give --profile .*\n$/);
  assert.equal((await cli(["token"])).code, 2);
  assert.match((await cli(["token", "-c", "p", "--external-id", "x"])).err, /need --role/);
});
