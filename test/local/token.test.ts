// Test tokens have the format of real clients, and the local STS accepts them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LocalServer } from "../../local/http-server.ts";
import { localIdentity } from "../../local/identities.ts";
import { startSts } from "../../local/sts/start-sts.ts";
import { mintToken, presignUrl } from "../../local/token.ts";
import { urlOf } from "../token.ts";
import { outcome } from "./sts/send.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const BASE = { clusterId: "local", region: "us-west-2", now: NOW } as const;

let sts: LocalServer;
before(async () => {
  sts = await startSts({ now: () => NOW });
});
after(() => sts.close());

function decode(token: string): string {
  assert.match(token, /^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
  assert.ok(token.length <= 4096);
  return urlOf(token);
}

test("a user's token has exactly eight parameters", async () => {
  const url = decode(await mintToken({ ...BASE, identity: localIdentity("alice") }));
  assert.match(
    url,
    new RegExp(
      "^https://sts\\.us-west-2\\.amazonaws\\.com/\\?Action=GetCallerIdentity&Version=2011-06-15" +
        "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIALOCALALICEAAAAAA%2F20260102%2Fus-west-2%2Fsts%2Faws4_request" +
        "&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-Signature=[0-9a-f]{64}&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id$",
    ),
  );
});

test("temporary credentials add their session token, percent-encoded", async () => {
  const bob = localIdentity("bob");
  const url = new URL(await presignUrl({ ...BASE, identity: bob }));
  assert.equal(url.searchParams.get("X-Amz-Security-Token"), bob.sessionToken);
  assert.equal(url.searchParams.size, 9);
  assert.match(url.search, /Local%2BSession%2FToken%2F[^&]*%3D%3D&/);
});

test("options set host, region, expiry and headers", async () => {
  const identity = localIdentity("bob");
  const place = { region: "us-east-1", host: "sts.amazonaws.com", expiresIn: 900 };
  const global = await presignUrl({ ...BASE, identity, ...place });
  assert.match(global, /^https:\/\/sts\.amazonaws\.com\/\?.*%2Fus-east-1%2Fsts%2F.*&X-Amz-Expires=900&/);
  assert.equal(await outcome(sts.url, global), "granted");

  const extraSignedHeaders = { "x-amz-extra": "1", "x-other": "2" };
  const extra = await presignUrl({ ...BASE, identity, extraSignedHeaders });
  assert.match(extra, /X-Amz-SignedHeaders=host%3Bx-amz-extra%3Bx-k8s-aws-id%3Bx-other$/);
  assert.equal(await outcome(sts.url, extra, extraSignedHeaders), "granted");
  assert.match(await outcome(sts.url, extra), /^403 SignatureDoesNotMatch/);
});

test("extra parameters are signed and may replace the defaults", async () => {
  const url = await presignUrl({
    ...BASE,
    identity: localIdentity("alice"),
    extraQuery: { Action: "AssumeRole", a: "(" },
  });
  assert.match(url, /\?Action=AssumeRole&Version=2011-06-15&.*&a=%28$/);
  assert.match(await outcome(sts.url, url), /^400 InvalidAction: Could not find operation AssumeRole/);
});

test("an unknown name fails", () => {
  assert.throws(() => localIdentity("nobody"), /no local identity "nobody"/);
});
