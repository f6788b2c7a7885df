// Reviews of AWS-signed tokens by the handler: without issuers, beside other tokens, and what they leave behind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { signedTokensLazily } from "../../../../functions/authenticator/aws/lazy.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { startHttpServer } from "../../../../local/http-server.ts";
import { reviewer } from "../attacks/review.ts";
import { deadlineOf, fixedClock, HOME, NOW, tokenOf } from "../fixtures.ts";
import { claimsOf, EC_JWK, jwtReviewer, keySetBody, MAPPED, minted, ROLE_ARN, RULES } from "./mint.ts";

test("without JWT_ISSUERS, an AWS-signed token is a token of another kind", async () => {
  const { status, calls } = reviewer(MAPPED);
  assert.deepEqual([await status(minted()), calls], [{ authenticated: false }, { sts: [], ssm: [] }]);
});

test("both kinds of token are accepted together, and neither needs the other's service", async () => {
  const { outcome, calls, issuers } = jwtReviewer(MAPPED);
  for (const [token, services] of [
    [minted(), [0, 1]],
    [tokenOf("bob"), [1, 1]],
  ] as const) {
    assert.equal(await outcome(token), "granted as developer");
    assert.deepEqual([calls.sts.length, issuers.reads], services);
  }
});

test("TOKENS=jwt refuses k8s-aws-v1. tokens before anything is read from them", async () => {
  const { outcome, status, calls } = jwtReviewer(MAPPED, { tokens: "jwt" });
  for (const token of [tokenOf("bob"), "k8s-aws-v1.!"]) {
    assert.match((await status(token)).error ?? "", /^token_kind_refused: .*token --jwt/);
  }
  assert.deepEqual([calls.sts.length, calls.ssm.length], [0, 0]);
  assert.deepEqual([await outcome(minted()), await outcome("opaque")], ["granted as developer", "not ours"]);
});

test("the log line has the fields of other tokens, without what the token does not show", async () => {
  const { outcome, lines } = jwtReviewer(MAPPED);
  await outcome(minted());
  const entry = JSON.parse(lines[0] ?? "");
  const parameter = `/iam-authenticator/test/role/${HOME}/developers`;
  const identity = { arn: ROLE_ARN, canonicalArn: ROLE_ARN, accountId: HOME, username: "developer", parameter };
  assert.partialDeepStrictEqual(entry, {
    ...identity,
    outcome: "granted",
    cached: { identity: false, mapping: false },
  });
  for (const field of ["principalId", "sessionName", "accessKeyId", "stsRequestId", "TokenKeysFailed"])
    assert.equal(field in entry, false, field);
  assert.match(entry.tokenHash, /^[0-9a-f]{12}$/);
});

test("ACCOUNTS, requested audiences and USER_INFO apply to AWS-signed tokens", async () => {
  assert.equal(await jwtReviewer(MAPPED, { accounts: ["999999999999"] }).outcome(minted()), "account_foreign");
  const { status } = jwtReviewer(MAPPED, { userInfo: "minimal" });
  assert.deepEqual((await status(minted())).user, { username: "developer", groups: ["developers"] });

  const other = reviewer(MAPPED, { signedTokens: lazily(undefined) }, { audiences: ["https://kubernetes"] });
  assert.deepEqual(await other.status("a.b.c", { audiences: ["other"] }), { authenticated: false });
});

function lazily(endpoint: URL | undefined) {
  return signedTokensLazily({ rules: RULES, endpoint, clock: fixedClock() });
}

test("the lazily loaded code reads keys over HTTP, and its errors are those of the function", async (t) => {
  const server = await startHttpServer(async () => ({ status: 200, headers: {}, body: keySetBody(EC_JWK) }));
  t.after(() => server.close());
  const { parse, prove, prefetchKeys } = lazily(new URL(server.url));
  const deadline = deadlineOf(fixedClock());
  await prefetchKeys(deadline);
  const jwt = await parse(minted(), NOW);
  assert.ok(jwt);
  const { result } = await prove(jwt, deadline);
  assert.ok(!isDenial(result) && result.canonicalArn === ROLE_ARN);
  assert.equal(await parse("opaque", NOW), undefined);
  await assert.rejects(parse(minted(claimsOf(), { alg: "none", kid: "x" }), NOW), { code: "token_malformed" });
});

test("keys that cannot be read at the start are a fault of the review that needs them, not of the start", async () => {
  const unreachable = lazily(new URL("http://127.0.0.1:9"));
  const deadline = deadlineOf(fixedClock());
  await unreachable.prefetchKeys(deadline);
  const jwt = await unreachable.parse(minted(), NOW);
  assert.ok(jwt);
  await assert.rejects(unreachable.prove(jwt, deadline), { code: "token_keys_unavailable" });
});
