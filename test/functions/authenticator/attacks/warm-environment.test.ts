// What a warm environment remembers must not change a decision, apply to another identity (CVE-2025-11621, HCSEC-2025-30), or
// grow without a bound.

import assert from "node:assert/strict";
import { test } from "node:test";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { asked, stsAt, TOKEN } from "../../aws/asking.ts";
import { startRawServer } from "../../aws/raw-server.ts";
import { HOME, MAPPED, NOW, OTHER, tokenOf } from "../fixtures.ts";
import { credential, denial, EXTRA_HOST, HOSTS, tokenWith } from "../token/samples.ts";
import { reviewer } from "./review.ts";

const arn = (kind: string, name: string, account = HOME) => `arn:aws:iam::${account}:${kind}/${name}`;
const DEVELOPERS = `role/${HOME}/developers`;

test("a cached token is subject to later changes: another value after 30 s, an end at once, a denial after 10 s", async () => {
  const mapping = { arn: arn("role", "Developers"), username: "dev" };
  const other = { ...mapping, username: "other", notAfter: new Date(NOW + 50_000).toISOString() };
  const { outcome, parameters, clock, calls } = reviewer({ [DEVELOPERS]: mapping });
  for (const [ms, expected, change = {}] of [
    [0, "granted as dev", { [DEVELOPERS]: other }],
    [29_999, "granted as dev"],
    [1, "granted as other"],
    [19_999, "granted as other", { "deny/any": [{ arnLike: mapping.arn }] }],
    [1, "identity_unmapped"],
    [9_998, "identity_unmapped"],
    [1, "identity_denied"],
  ] as const) {
    clock.advance(ms);
    assert.equal(await outcome(), expected);
    Object.assign(parameters, change);
  }
  assert.equal(calls.sts.length, 1);
});

const THEIRS = { [`role/${OTHER}/developers`]: { arn: arn("role", "Developers", OTHER), username: "them" } };

test("the same role name, session and user name in another account is another identity (CVE-2025-11621)", async () => {
  for (const [stored, other] of [
    [MAPPED, "identity_unmapped"],
    [{ ...MAPPED, ...THEIRS }, "granted as them"],
  ] as const) {
    for (const order of [
      ["bob", "bob-elsewhere"],
      ["bob-elsewhere", "bob"],
    ]) {
      const { outcome } = reviewer(stored);
      for (const who of [...order, ...order]) {
        assert.equal(await outcome(tokenOf(who)), who === "bob" ? "granted as dev" : other, `${who} of ${order}`);
      }
    }
  }
});

test("host cache growth: new hosts and regions leave the accepted ones unchanged, which share an endpoint's connections", async () => {
  const before = [[...HOSTS.regionByHost], [...HOSTS.regions]];
  for (const region of ["xx-1-1", "constructor", "hasownproperty"]) {
    for (const [host, code] of [
      [`sts.${region}.amazonaws.com`, "token_host_refused"],
      [EXTRA_HOST, "token_region_refused"],
    ] as const) {
      assert.equal(denial(tokenWith(credential(region), host)).code, code);
    }
  }
  assert.deepEqual([[...HOSTS.regionByHost], [...HOSTS.regions]], before);
  const server = await startRawServer();
  const askSts = stsAt(server.url);
  for (const host of HOSTS.regionByHost.keys()) {
    assert.equal(await asked(askSts, { ...TOKEN, host }, deadlineIn(5_000, Date.now)), "200 {}");
  }
  assert.equal(server.sockets.length, 1);
});
