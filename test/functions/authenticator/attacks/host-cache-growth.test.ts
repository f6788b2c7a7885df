// Attack: tokens with ever new hosts and regions must not grow any cache.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { asked, stsAt, TOKEN } from "../../aws/asking.ts";
import { startRawServer } from "../../aws/raw-server.ts";
import { credential, denial, EXTRA_HOST, HOSTS, parse, tokenWith } from "../token/samples.ts";

test("host cache growth: thousands of new hosts leave the accepted ones unchanged, and accepted tokens add nothing", () => {
  const before = [...HOSTS.regionByHost];
  const regions = [...HOSTS.regions];
  const others = Array.from({ length: 1_000 }, (_, n) => `xx-${n}-1`);
  for (const region of [...others, "__proto__", "constructor", "toString", "hasOwnProperty"]) {
    for (const host of [`sts.${region}.amazonaws.com`, `sts-fips.${region}.api.aws`, `${region}.example.com`, region]) {
      assert.equal(denial(tokenWith(credential(region), host)).code, "token_host_refused");
    }
  }
  for (const region of [...others, "constructor"]) {
    assert.equal(denial(tokenWith(credential(region), EXTRA_HOST)).code, "token_region_refused");
  }
  for (const [host, region = "us-west-2"] of before)
    assert.equal(parse(tokenWith(credential(region), host)).host, host);
  assert.deepEqual([[...HOSTS.regionByHost], [...HOSTS.regions]], [before, regions]);
  assert.ok(before.length < 200, `${before.length} hosts`);
});

test("host cache growth: with an endpoint, all hosts share its connections", async () => {
  const server = await startRawServer();
  const askSts = stsAt(server.url);
  for (const host of HOSTS.regionByHost.keys()) {
    assert.equal(await asked(askSts, { ...TOKEN, host }, deadlineIn(5_000, Date.now)), "200 {}");
  }
  assert.equal(server.sockets.length, 1);
});
