// The presigned requests that the local STS accepts, by identity, time and host.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LocalServer } from "../../../local/http-server.ts";
import { localIdentity } from "../../../local/identities.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { presignUrl, type TokenOptions } from "../../../local/token.ts";
import { outcome } from "./send.ts";

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const MINUTE = 60_000;
const bob = localIdentity("bob");

let sts: LocalServer;
let now = NOW;
before(async () => {
  sts = await startSts({ now: () => now, extraHosts: ["sts.internal.example.com"] });
});
after(() => sts.close());

const presign = (options: Partial<TokenOptions> = {}): Promise<string> =>
  presignUrl({ identity: bob, clusterId: "local", region: "us-west-2", now: NOW, ...options });

const MISMATCH = /^403 SignatureDoesNotMatch: The request signature we calculated/;

test("a session token expires at expiresAt", async () => {
  const expired = localIdentity("expired");
  const url = await presign({ identity: expired, now: Date.UTC(2020, 0, 1) });
  now = Date.UTC(2020, 0, 1) - 1;
  assert.equal(await outcome(sts.url, url), "granted");
  now = Date.UTC(2020, 0, 1);
  assert.match(await outcome(sts.url, url), /^403 ExpiredToken: The security token included in the request is expired/);
  now = NOW;
});

test("a signature is valid within 15 minutes of its date, whatever X-Amz-Expires is", async () => {
  for (const expiresIn of [0, 60, 900, 86_400]) {
    const at = (minutes: number, ms = 0): Promise<string> => presign({ expiresIn, now: NOW + minutes * MINUTE + ms });
    assert.equal(await outcome(sts.url, await at(-15)), "granted");
    assert.equal(await outcome(sts.url, await at(15)), "granted");
    assert.match(
      await outcome(sts.url, await at(-15, -1000)),
      /^403 SignatureDoesNotMatch: Signature expired: 20260102T024904Z is now earlier than 20260102T024905Z \(20260102T030405Z - 15 min\.\)$/,
    );
    assert.match(await outcome(sts.url, await at(15, 1000)), /^403 SignatureDoesNotMatch: Signature not yet current/);
  }
});

test("the host determines the region", async () => {
  for (const [host, region] of [
    ["sts.amazonaws.com", "us-east-1"],
    ["sts-fips.us-west-2.amazonaws.com", "us-west-2"],
    ["sts.us-west-2.api.aws", "us-west-2"],
    ["vpce-0123abcd-xyz.sts.us-west-2.vpce.amazonaws.com", "us-west-2"],
    ["sts.internal.example.com", "eu-north-1"],
    ["localhost:8080", "eu-north-1"],
  ] as const) {
    assert.equal(await outcome(sts.url, await presign({ host, region })), "granted", host);
  }
  for (const [host, region] of [
    ["sts.amazonaws.com", "us-west-2"],
    ["sts.us-east-1.amazonaws.com", "us-west-2"],
    ["sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"],
    ["sts.us-west-2.amazonaws.com.example.com", "us-west-2"],
  ] as const) {
    assert.match(await outcome(sts.url, await presign({ host, region })), /scoped to a valid region/, host);
  }
  assert.match(await outcome(sts.url, await presign(), { host: "sts-fips.us-west-2.amazonaws.com" }), MISMATCH);
});
