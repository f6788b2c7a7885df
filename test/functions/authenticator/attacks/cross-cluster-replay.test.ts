// Attacks with tokens that nobody proved, or that are for another cluster or service. refused-tokens.test.ts has tokens that
// never reach STS.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { localIdentity } from "../../../../local/identities.ts";
import { tokenOf as tokenWithUrl } from "../../../token.ts";
import { errorBody, MAPPED, tokenOf } from "../fixtures.ts";
import { HOST, NOW } from "../token/samples.ts";
import { attacked, authenticatorAt, GRANTED, victimsUrl } from "./authenticate.ts";
import { reviewer, stsAnswers } from "./review.ts";

const { sts, authenticate, url } = await attacked();
beforeEach(() => sts.requests.splice(0));
const MINUTE = 60_000;

test("cross-cluster replay: a token for cluster A is granted at A and refused by STS at B", async () => {
  for (const name of ["alice", "bob", "carol", "root", "federated", "node"]) {
    const identity = localIdentity(name);
    const token = tokenWithUrl(await victimsUrl({ identity }));
    assert.equal(await authenticate(token), GRANTED);
    for (const other of ["cluster-b", "Cluster-a", "cluster-a.", "cluster-aa", "cluster"]) {
      assert.equal(await authenticatorAt(sts, other)(token), "sts_refused", other);
      assert.equal(sts.requests.at(-1)?.headers["x-k8s-aws-id"], other);
    }
  }
});

test("cross-cluster replay: another host of the same region does not help", async () => {
  for (const host of ["sts-fips.us-west-2.amazonaws.com", "sts.us-west-2.api.aws"]) {
    assert.equal(await authenticate(tokenWithUrl(url.replace(HOST, host))), "sts_refused", host);
  }
});

test("dates without a bound: 900 s in Expires do not extend the 15 minutes, and a changed date breaks the signature", async () => {
  const longest = tokenWithUrl(await victimsUrl({ expiresIn: 900 }));
  assert.equal(await authenticate(longest), GRANTED);
  assert.equal(await authenticate(longest, NOW + 15 * MINUTE + 1), "token_expired");
  const old = await victimsUrl({ now: NOW - 20 * MINUTE });
  const renewed = old.replace("T024405Z", "T030405Z");
  assert.notEqual(renewed, old);
  assert.deepEqual(
    [await authenticate(tokenWithUrl(old)), await authenticate(tokenWithUrl(renewed))],
    ["token_expired", "sts_refused"],
  );
});

test("only a token that STS proves is granted, whatever is mapped (floci #2905, #2912)", async () => {
  const stored = { "pattern/any": [{ arnLike: "arn:*:*:*:*:*", username: "any", groups: ["system:masters"] }] };
  const texts = ["", "x", "e30", "eyJ1c2VyIjoiYWRtaW4ifQ", "system:masters", "A".repeat(4_000)];
  for (const token of [...texts.map((text) => `k8s-aws-v1.${text}`), tokenOf("bob", NOW - 15 * MINUTE - 1_000)]) {
    const { outcome, calls } = reviewer(stored);
    assert.match(await outcome(token), /^token_(malformed|expired)$/);
    assert.deepEqual(calls.sts, []);
  }
  const refused = stsAnswers(403, errorBody("SignatureDoesNotMatch"));
  assert.equal(await reviewer(stored, refused).outcome(), "sts_refused");
  assert.equal(await reviewer(stored).outcome(), "granted as any");
});

const MINE = "https://kubernetes.default.svc";

/** The configured audiences, the requested ones, and those of a grant: none with `[]`, `undefined` if denied. */
for (const [title, audiences, requests, expected] of [
  ["a foreign one is denied", [MINE], [["vault"], ["vault", "x"], [`${MINE}/`], [MINE.toUpperCase()]], undefined],
  ["none is returned if none are configured", [], [["vault"], [MINE], ["vault", MINE]], []],
  ["none is returned if none are requested", [MINE], [undefined, null, []], []],
  ["of several, only the configured ones are returned", ["y", MINE], [["vault", MINE, "x"]], [MINE]],
] as const) {
  test(`audiences: ${title}, and a cached identity does not carry them to the next review`, async () => {
    for (const requested of requests) {
      const { status } = reviewer(MAPPED, {}, { audiences });
      for (const _ of ["new", "cached"]) {
        const { authenticated, error = "", ...rest } = await status(tokenOf("bob"), { audiences: requested });
        assert.deepEqual([authenticated, rest.audiences ?? []], [expected !== undefined, expected ?? []]);
        if (expected === undefined) assert.match(error, /^audience_foreign: /);
        await status(tokenOf("bob"), { audiences: [MINE] });
      }
    }
  });
}
