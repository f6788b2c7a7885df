// Test tokens have the format of real clients.

import assert from "node:assert/strict";
import { test } from "node:test";
import { localIdentity } from "../../local/identities.ts";
import { mintToken, presignUrl } from "../../local/token.ts";
import { urlOf } from "../token.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const BASE = { clusterId: "local", region: "us-west-2", now: NOW } as const;

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
