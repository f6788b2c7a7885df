// Denials: 200 with the reason in one line, in every version; tokens of another kind have no reason.

import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, grantedUser } from "./answers.ts";
import { DEVELOPERS } from "./mappings.ts";
import { startSystem } from "./system.ts";
import { V1, VERSIONS } from "./token-review.ts";

const MINUTE = 60_000;

test("a token of another kind is not authenticated, without an error and unparsed", async (t) => {
  const system = await startSystem(t);
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from("service account of some pod").toString("base64url")}.c2lnbmF0dXJl`;
  for (const token of [jwt, "opaque", "K8S-AWS-V1.abc", ` ${await system.token("bob")}`, "k8s-aws-v2.abc"]) {
    for (const apiVersion of VERSIONS) {
      const { status, body } = await system.review(token, { apiVersion, audiences: ["anything"] });
      assert.equal(status, 200);
      assert.deepEqual(body, { apiVersion, kind: "TokenReview", status: { authenticated: false } });
    }
  }
  assert.deepEqual(new Set(system.logs().map(({ outcome }) => outcome)), new Set(["not_ours"]));
  assert.equal(system.sts.calls() + system.store.calls(), 0);
});

test("a token that violates a rule is denied with the rule, without a call to STS", async (t) => {
  const system = await startSystem(t, { settings: { STS_REGIONS: "us-west-2" } });
  const { now } = system.clock;
  for (const [token, reason] of [
    ["k8s-aws-v1.", "token_malformed"],
    ["k8s-aws-v1.%%%", "token_malformed"],
    [`${await system.token("bob")}=`, "token_malformed"],
    [`k8s-aws-v1.${"A".repeat(5000)}`, "token_malformed"],
    [await system.token("bob", { extraQuery: { Action: "GetSessionToken" } }), "token_parameter_refused"],
    [await system.token("bob", { extraQuery: { DurationSeconds: "900" } }), "token_parameter_refused"],
    [await system.token("bob", { host: "sts.us-west-2.amazonaws.com.example.org" }), "token_host_refused"],
    [await system.token("bob", { region: "eu-west-1" }), "token_host_refused"],
    [await system.token("bob", { region: "eu-west-1", host: "sts.us-west-2.amazonaws.com" }), "token_region_refused"],
    [await system.token("bob", { extraSignedHeaders: { accept: "a" } }), "token_headers_refused"],
    [await system.token("bob", { now: now() - 16 * MINUTE }), "token_expired"],
    [await system.token("bob", { now: now() + 17 * MINUTE }), "token_not_yet_valid"],
    [await system.token("bob", { expiresIn: 901 }), "token_parameter_refused"],
  ] as const) {
    for (const apiVersion of VERSIONS) {
      assert.match(denial(await system.review(token, { apiVersion })), new RegExp(`^${reason}: `));
    }
    assert.deepEqual([system.logs().at(-1)?.["outcome"], system.logs().at(-1)?.["reason"]], ["denied", reason]);
  }
  assert.equal(system.sts.calls() + system.store.calls(), 0);
});

test("a token that STS refuses is denied with STS's code, and STS is called again only after 10 s", async (t) => {
  const system = await startSystem(t);
  for (const [token, code] of [
    [await system.token("bob", { clusterId: "another" }), "SignatureDoesNotMatch"],
    [await system.token("expired"), "ExpiredToken"],
  ] as const) {
    const before = system.sts.calls();
    for (const _ of [1, 2]) {
      const answer = await system.review(token);
      assert.match(denial(answer), new RegExp(`^sts_refused: .*\\b${code}\\b`));
      assert.doesNotMatch(answer.text, /calculated|included in the request/, "STS's own text is not repeated");
    }
    assert.equal(system.sts.calls(), before + 1);
    system.clock.advance(10_001);
    denial(await system.review(token));
    assert.equal(system.sts.calls(), before + 2);
  }
  assert.equal(system.store.calls(), 0);
});

const HOME = "/iam-authenticator/local";
const TRIED = `tried ${HOME}/deny/111122223333 ${HOME}/deny/any ${HOME}/role/111122223333/developers ${HOME}/pattern/111122223333 ${HOME}/pattern/any ${HOME}/account/111122223333`;

for (const [reason, value, settings] of [
  ["identity_unmapped", undefined],
  ["identity_unmapped", { ...DEVELOPERS, notAfter: "2020-01-01T00:00:00Z" }],
  ["identity_denied", { arn: DEVELOPERS.arn, deny: true }],
  ["mapping_invalid", "not JSON"],
  ["mapping_invalid", { ...DEVELOPERS, grups: [] }],
  ["mapping_mismatch", { ...DEVELOPERS, arn: "arn:aws:iam::111122223333:role/Developer" }],
  ["mapping_mismatch", { ...DEVELOPERS, principalId: "AROALOCALOLDROLEAAAAA" }],
  ["placeholder_without_value", { "account/111122223333": { username: "{SessionName}" } }],
  ["name_refused", { ...DEVELOPERS, username: "system:{SessionName}" }, { RESERVED_PREFIXES: "system:" }],
  ["name_refused", { ...DEVELOPERS, groups: ["a", "system:masters"] }, { RESERVED_PREFIXES: "system:" }],
] as const) {
  test(`${reason}, for ${JSON.stringify(value)}`, async (t) => {
    const ofRole = { "role/111122223333/developers": value };
    const parameters = reason === "placeholder_without_value" ? value : value === undefined ? {} : ofRole;
    const system = await startSystem(t, { parameters, ...(settings && { settings }) });
    const isRole = reason !== "placeholder_without_value";
    const token = await system.token(isRole ? "bob" : "alice");
    for (const apiVersion of VERSIONS) {
      const error = denial(await system.review(token, { apiVersion }));
      assert.match(error, new RegExp(`^${reason}: `));
      assert.ok(!isRole || error.includes(DEVELOPERS.arn), "names the canonical ARN");
      assert.ok(!isRole || error.includes(TRIED), "names the parameters that were tried");
    }
  });
}

test("an entry of a deny list denies one session, whatever the mappings are, until it is removed", async (t) => {
  const system = await startSystem(t);
  system.put("deny/111122223333", [{ arnLike: "arn:aws:sts::111122223333:assumed-role/Developers/bob@example.com" }]);
  const error = denial(await system.review(await system.token("bob")));
  assert.match(
    error,
    /^identity_denied: \S+:assumed-role\/Developers\/bob@example\.com, a session of \S+:role\/Developers, is denied by \/iam-authenticator\/local\/deny\/111122223333; /,
  );
  assert.ok(error.includes(TRIED));
  assert.equal(system.logs()[0]?.["parameter"], `${HOME}/deny/111122223333`);
  assert.equal(grantedUser(await system.review(await system.token("alice"))).username, "alice");
  system.put("deny/111122223333", []);
  system.clock.advance(30_001);
  assert.equal(grantedUser(await system.review(await system.token("bob"))).username, "dev:bob-example.com");
});

test("a deny list with one trailing comma denies every identity that it covers, and is counted", async (t) => {
  const system = await startSystem(t);
  system.put("deny/111122223333", '[{"arnLike": "arn:aws:iam::111122223333:role/x"},]');
  for (const name of ["bob", "alice", "carol"]) {
    assert.match(denial(await system.review(await system.token(name))), /^denials_invalid: .*not JSON; /);
  }
  assert.deepEqual(
    system.logs().map(({ InvalidMappings }) => InvalidMappings),
    [1, 1, 1],
  );
  assert.match(denial(await system.review(await system.token("bob-elsewhere"))), /^identity_unmapped: /);
});

test("while one mapping is broken, its neighbours are granted (fail-open on a malformed mapping)", async (t) => {
  const system = await startSystem(t);
  system.put("role/111122223333/developers", "{");
  system.put("account/111122223333", { username: "account-user" });
  assert.match(denial(await system.review(await system.token("bob"))), /^mapping_invalid: /);
  assert.equal(grantedUser(await system.review(await system.token("carol"))).username, "admin:carol-example.com");
  assert.deepEqual(
    system.logs().map(({ InvalidMappings }) => InvalidMappings),
    [1, undefined],
  );
  system.put("role/111122223333/developers", DEVELOPERS);
  system.clock.advance(30_001);
  assert.equal(grantedUser(await system.review(await system.token("bob"))).username, "dev:bob-example.com");
  assert.equal((await system.review(await system.token("bob"), { apiVersion: V1 })).status, 200);
});

test("a denial's log line names the parameter that decided", async (t) => {
  for (const value of [{ arn: DEVELOPERS.arn, deny: true }, "not JSON", { ...DEVELOPERS, arn: `${DEVELOPERS.arn}2` }]) {
    const system = await startSystem(t, { parameters: { "role/111122223333/developers": value } });
    denial(await system.review(await system.token("bob")));
    assert.equal(system.logs()[0]?.["parameter"], `${HOME}/role/111122223333/developers`);
  }
});
