// Attacks on others of this kind, carried out on the bundle: each is named after what was attacked.

import assert from "node:assert/strict";
import { test } from "node:test";
import { editToken, urlOf } from "../token.ts";
import { denial, grantedUser } from "./answers.ts";
import { DEVELOPERS, PREFIX } from "./mappings.ts";
import { answering } from "./outages.ts";
import { startSystem } from "./system.ts";

test("duplicate parameters, in other case or percent-encoded, in both orders, never reach STS (CVE-2022-2385)", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  const victim = await system.token("alice");
  const names = ["Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"];
  names.push("X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders");
  for (const name of names) {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase(), encoded(name[0]) + name.slice(1)]) {
      for (const order of ["before", "after"] as const) {
        const doubled = editToken(token, (url) => withParameter(url, `${spelling}=x`, order));
        assert.match(denial(await system.review(doubled)), /^token_parameter_refused: /);
      }
    }
  }
  const merged = editToken(token, (url) => withParameter(url, urlOf(victim).replace(/^[^?]*\?/, ""), "after"));
  assert.match(denial(await system.review(merged)), /^token_parameter_refused: /);
  assert.equal(system.sts.calls() + system.store.calls(), 0);
});

function encoded(character = ""): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

function withParameter(url: string, parameter: string, order: "before" | "after"): string {
  return order === "before" ? url.replace("?", `?${parameter}&`) : `${url}&${parameter}`;
}

test("loose hosts and other spellings of a URL never reach STS (Project Zero 2066)", async (t) => {
  const system = await startSystem(t);
  const token = await system.token("bob");
  const host = "sts.us-west-2.amazonaws.com";
  for (const other of [
    `${host}.attacker.example`,
    `attacker.example/${host}`,
    `attacker.example#${host}`,
    `${host}@attacker.example`,
    `attacker.example:443@${host}`,
    `${host}:443`,
    `${host}.`,
    host.toUpperCase(),
    `sts.us-west-2.amazonaws.com.cn`,
    `STS.us-west-2.amazonaws.com`,
    `${host}\\@attacker.example`,
    `${host}\t`,
    `sts.us-west-2.amazonaws.com%2eattacker.example`,
    `stsXus-west-2.amazonaws.com`,
    "127.0.0.1",
    "169.254.169.254",
    "",
  ]) {
    const edited = editToken(token, (url) => url.replace(host, other));
    assert.match(denial(await system.review(edited)), /^token_(host_refused|malformed): /, other);
  }
  for (const edit of [
    (url: string) => url.replace("https:", "http:"),
    (url: string) => url.replace("https:", "HTTPS:"),
    (url: string) => url.replace("/?", "?"),
    (url: string) => url.replace("/?", "//?"),
    (url: string) => url.replace("/?", "/latest/?"),
    (url: string) => `${url}#`,
    (url: string) => `${url}&`,
    (url: string) => url.replace("&", ";"),
    (url: string) => url.replace("%2F", "%2"),
    (url: string) => url.replace("%2F", "/"),
    (url: string) => url.replace("%2F", "%252F"),
    (url: string) => ` ${url}`,
    (url: string) => `${url}\r\nHost: attacker.example`,
    (url: string) => `${url}\n`,
  ]) {
    assert.match(denial(await system.review(editToken(token, edit))), /^token_/);
  }
  assert.equal(system.sts.calls(), 0);
});

test("the same role name in two accounts, caches warm (CVE-2025-11621)", async (t) => {
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

test("cross-cluster replay: the token of one cluster is worth nothing at another, though granted there", async (t) => {
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

test("an identity that cannot be is denied (reflected JSON, CVE-2020-16250)", async (t) => {
  const account = { username: "anybody" };
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
