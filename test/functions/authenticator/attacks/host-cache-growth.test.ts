// Attack: tokens with ever new hosts and regions must not grow any cache.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { asked, stsAt, TOKEN } from "../../aws/asking.ts";
import { startRawServer } from "../../aws/raw-server.ts";
import { denial, EXTRA_HOST, HOSTS, parse, tokenWith } from "../token/samples.ts";

test("host cache growth: thousands of new hosts leave the accepted ones unchanged", () => {
  const before = [...HOSTS.regionByHost];
  const regions = [...HOSTS.regions];
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{2}-[a-z]{4,9}-[0-9]$/), (region) => {
      fc.pre(!HOSTS.regions.has(region));
      const credential = `AKIALOCALALICEAAAAAA/20260102/${region}/sts/aws4_request`;
      for (const host of [`sts.${region}.amazonaws.com`, `sts-fips.${region}.api.aws`, `${region}.example.com`]) {
        assert.equal(denial(tokenWith({ "X-Amz-Credential": credential }, host)).code, "token_host_refused");
      }
      assert.equal(denial(tokenWith({ "X-Amz-Credential": credential }, EXTRA_HOST)).code, "token_region_refused");
    }),
    { numRuns: 10_000 },
  );
  assert.deepEqual([...HOSTS.regionByHost], before);
  assert.deepEqual([...HOSTS.regions], regions);
});

test("host cache growth: accepted tokens add nothing", () => {
  const before = HOSTS.regionByHost.size;
  for (const [host, region] of [...HOSTS.regionByHost]) {
    const credential = `AKIALOCALALICEAAAAAA/20260102/${region ?? "us-west-2"}/sts/aws4_request`;
    assert.equal(parse(tokenWith({ "X-Amz-Credential": credential }, host)).host, host);
  }
  assert.equal(HOSTS.regionByHost.size, before);
  assert.ok(before < 200, `${before} hosts`);
});

test("host cache growth: the name of an Object property is neither a host nor a region", () => {
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    assert.equal(denial(tokenWith({}, name)).code, "token_host_refused");
  }
  const credential = "AKIALOCALALICEAAAAAA/20260102/constructor/sts/aws4_request";
  assert.equal(denial(tokenWith({ "X-Amz-Credential": credential }, EXTRA_HOST)).code, "token_region_refused");
});

test("host cache growth: with an endpoint, all hosts share its connections", async (t) => {
  const server = await startRawServer();
  t.after(() => server.close());
  const askSts = stsAt(`http://127.0.0.1:${server.port}`);
  for (const host of HOSTS.regionByHost.keys()) {
    assert.equal(await asked(askSts, { ...TOKEN, host }, deadlineIn(5_000, Date.now)), "200 {}");
  }
  assert.equal(server.sockets.length, 1);
});
