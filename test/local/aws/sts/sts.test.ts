// The local STS through the AWS SDK: response formats, unknown actions, faults, and
// GetWebIdentityToken with its keys.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type GetWebIdentityTokenCommandInput, STS } from "@aws-sdk/client-sts";
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { type LocalIdentity, presignUrl } from "../../../../local/identities.ts";
import { TOKEN_ISSUERS } from "../../../../local/sandbox-files.ts";
import { localIdentity, startSts } from "../../../local-aws.ts";
import { sdkOptions, send } from "../clients.ts";

const alice = localIdentity("alice");
const CLUSTER = { "x-k8s-aws-id": "local" };
const JSON_WANTED = { ...CLUSTER, accept: "application/json" };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const sts = await startSts();
after(() => sts.close());

const presign = (extraQuery: Readonly<Record<string, string>> = {}): Promise<string> =>
  presignUrl({ identity: alice, clusterId: "local", region: "us-west-2", extraQuery });

const clientOf = (credentials: LocalIdentity, url = sts.url) =>
  new STS({ ...sdkOptions(url), credentials });

test("the SDK receives STS's errors", async () => {
  const stranger = clientOf({ ...alice, secretAccessKey: "wrong" });
  await assert.rejects(stranger.getCallerIdentity(), { name: "SignatureDoesNotMatch" });
  await assert.rejects(clientOf(alice).getSessionToken(), { name: "InvalidAction" });
});

test("a client that accepts JSON gets JSON", async () => {
  const { status, headers, text } = await send(sts.url, await presign(), JSON_WANTED);
  const id = String(headers["x-amzn-requestid"]);
  assert.match(id, UUID);
  assert.deepEqual([status, headers["content-type"]], [200, "application/json"]);
  assert.deepEqual(JSON.parse(text), {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: { Account: alice.account, Arn: alice.arn, UserId: alice.userId },
      ResponseMetadata: { RequestId: id },
    },
  });
});

test("other clients get XML", async () => {
  const { status, headers, text } = await send(sts.url, await presign(), CLUSTER);
  assert.deepEqual([status, headers["content-type"]], [200, "text/xml"]);
  assert.match(
    text,
    /^<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">/,
  );
  assert.ok(text.includes(`<Arn>${alice.arn}</Arn>`));
  assert.ok(text.includes(`<RequestId>${headers["x-amzn-requestid"]}</RequestId>`));
});

const REQUEST: GetWebIdentityTokenCommandInput = { Audience: ["a"], SigningAlgorithm: "ES384" };

test("tokens are signed by published keys, and other requests are refused as STS refuses them", async (t) => {
  const sts = await startSts({
    signedTokens: { issuers: TOKEN_ISSUERS, claims: { bob: { source_identity: "bob" } } },
  });
  t.after(() => sts.close());
  const client = clientOf(localIdentity("bob"), sts.url);
  const host = new URL(TOKEN_ISSUERS.get("111122223333") ?? "").host;
  const keys = (await (
    await fetch(`${sts.url}/${host}/.well-known/jwks.json`)
  ).json()) as JSONWebKeySet;
  for (const SigningAlgorithm of ["RS256", "ES384"]) {
    const request = { ...REQUEST, SigningAlgorithm, Audience: ["a", "b"], DurationSeconds: 60 };
    const { WebIdentityToken = "", Expiration } = await client.getWebIdentityToken(request);
    const { payload, protectedHeader } = await jwtVerify(
      WebIdentityToken,
      createLocalJWKSet(keys),
      { audience: "b" },
    );
    const { exp = 0, iat = 0 } = payload;
    assert.deepEqual(
      [protectedHeader.alg, exp - iat, Expiration?.getTime()],
      [SigningAlgorithm, 60, exp * 1000],
    );
    assert.equal(
      (payload["https://sts.amazonaws.com/"] as { source_identity: string }).source_identity,
      "bob",
    );
  }
  for (const wrong of [
    { SigningAlgorithm: "HS256" },
    { Audience: [] },
    { Audience: Array.from({ length: 11 }, (_, index) => `a${index}`) },
    { DurationSeconds: 59 },
    { DurationSeconds: 3_601 },
  ]) {
    await assert.rejects(client.getWebIdentityToken({ ...REQUEST, ...wrong }), {
      name: "ValidationError",
    });
  }
  assert.equal(
    (await fetch(`${sts.url}/unknown.tokens.sts.global.api.aws/.well-known/jwks.json`)).status,
    403,
  );
});
