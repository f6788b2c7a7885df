// Known attacks on similar projects against the bundle, each named after the project or the CVE.

import assert from "node:assert/strict";
import { test } from "node:test";
import { doubledParameters, HOSTILE_QUERIES, HOSTILE_URLS, hostileHosts, withHost } from "../hostile-tokens.ts";
import { editToken, tokenOf, urlOf } from "../token.ts";
import { denial, grantedUser } from "./answers.ts";
import { DEVELOPERS, PREFIX } from "./mappings.ts";
import { answering } from "./outages.ts";
import { startSystem } from "./system.ts";

test("duplicate parameters, in other case or percent-encoded, in both orders, never reach STS (CVE-2022-2385)", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  const victim = await system.token("alice");
  const atEitherEnd = doubledParameters(urlOf(token)).filter(({ value, at }) => {
    return value === "forged" && (at === "start" || at === "end");
  });
  assert.equal(atEitherEnd.length, 9 * 9 * 2);
  for (const { url } of atEitherEnd) {
    assert.match(denial(await system.review(tokenOf(url))), /^token_parameter_refused: /);
  }
  const merged = editToken(token, (url) => `${url}&${urlOf(victim).replace(/^[^?]*\?/, "")}`);
  assert.match(denial(await system.review(merged)), /^token_parameter_refused: /);
  assert.equal(system.sts.calls() + system.store.calls(), 0);
});

test("loose hosts and other spellings of a URL never reach STS (Project Zero 2066)", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  const host = "sts.us-west-2.amazonaws.com";
  for (const other of Object.values(hostileHosts(host)).flat()) {
    const edited = editToken(token, (url) => withHost(url, host, other));
    assert.match(denial(await system.review(edited)), /^token_host_refused: /, other);
  }
  for (const [kind, edit] of Object.entries({ ...HOSTILE_URLS, ...HOSTILE_QUERIES })) {
    assert.match(denial(await system.review(editToken(token, edit))), /^token_/, kind);
  }
  assert.equal(system.sts.calls(), 0);
});

test("the same role name in two accounts with warm caches (CVE-2025-11621)", async (t) => {
  const elsewhere = { ...DEVELOPERS, arn: "arn:aws:iam::444455556666:role/Developers", username: "guest" };
  for (const order of [
    ["bob", "bob-elsewhere", "bob", "bob-elsewhere"],
    ["bob-elsewhere", "bob", "bob-elsewhere", "bob"],
  ]) {
    const system = await startSystem(t);
    const both = await startSystem(t);
    both.put("role/444455556666/developers", elsewhere);
    for (const name of order) {
      const answer = await system.review(await system.token(name));
      if (name === "bob") assert.equal(grantedUser(answer).username, "dev:bob-example.com");
      else assert.match(denial(answer), /^identity_unmapped: .*arn:aws:iam::444455556666:role\/Developers/);
      const { username } = grantedUser(await both.review(await both.token(name)));
      assert.equal(username, name === "bob" ? "dev:bob-example.com" : "guest");
    }
  }
});

test("cross-cluster replay: the token of one cluster is refused at another, even if granted there", async (t) => {
  const a = await startSystem(t, { settings: { CLUSTER_ID: "a", MAPPING_PREFIX: PREFIX } });
  const b = await startSystem(t, { settings: { CLUSTER_ID: "b", MAPPING_PREFIX: PREFIX } });
  const token = await a.token("bob", { clusterId: "a" });
  grantedUser(await a.review(token));
  assert.match(denial(await b.review(token)), /^sts_refused: .*SignatureDoesNotMatch/);
  assert.equal(b.sts.server().requests[0]?.headers["x-k8s-aws-id"], "b");
  const headers = { "x-k8s-aws-id": "a", "X-K8s-Aws-Id": "a" };
  const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token } });
  b.clock.advance(10_001);
  denial(await b.send("/authenticate?x-k8s-aws-id=a", { headers, body }));
  assert.equal(b.sts.server().requests[1]?.headers["x-k8s-aws-id"], "b");
});

test("an impossible identity is denied (reflected JSON, CVE-2020-16250)", async (t) => {
  const account = { username: "account-user" };
  const system = await startSystem(t, {
    parameters: { "account/111122223333": account, "account/444455556666": account },
  });
  const home = "111122223333";
  for (const [Account, Arn, UserId] of [
    [home, `arn:aws-cn:iam::${home}:user/alice`, "AIDALOCALALICEAAAAAAA"],
    [home, "arn:aws:iam::444455556666:user/alice", "AIDALOCALALICEAAAAAAA"],
    [home, `arn:aws:sts::${home}:assumed-role/Developers/bob`, "AROALOCALDEVELOPERSAA:eve"],
    [home, `arn:aws:iam::${home}:role/Developers`, "AROALOCALDEVELOPERSAA"],
    [home, `arn:aws:ec2::${home}:instance/i-1`, "AIDALOCALALICEAAAAAAA"],
    [home, "alice", "AIDALOCALALICEAAAAAAA"],
  ] as const) {
    const GetCallerIdentityResult = { Account, Arn, UserId };
    system.sts.fail(answering(200, JSON.stringify({ GetCallerIdentityResponse: { GetCallerIdentityResult } })));
    const token = await system.token("alice", { expiresIn: system.sts.calls() });
    assert.match(denial(await system.review(token)), /^identity_impossible: /);
  }
  assert.equal(system.store.calls(), 0);
});

test("a malformed ARN with the right id is denied (aws-iam-authenticator pull request 1046)", async (t) => {
  const system = await startSystem(t);
  const principalId = "AROALOCALDEVELOPERSAA";
  system.put("role/111122223333/developers", { ...DEVELOPERS, arn: "arn:aws:iam::111122223333", principalId });
  assert.match(denial(await system.review(await system.token("bob"))), /^mapping_invalid: /);
});
