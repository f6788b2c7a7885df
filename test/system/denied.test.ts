// Denials: 200 with the reason in one line, in every version; tokens of another kind have no reason.

import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, grantedUser } from "./answers.ts";
import { DEVELOPERS } from "./mappings.ts";
import { startSystem } from "./system.ts";
import { VERSIONS } from "./token-review.ts";

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

const HOME = "/iam-authenticator/local";
const TRIED = `tried ${HOME}/deny/111122223333 ${HOME}/deny/any ${HOME}/role/111122223333/developers ${HOME}/pattern/111122223333 ${HOME}/pattern/any ${HOME}/account/111122223333`;

test("each kind of denial has its reason, the canonical ARN and the parameters that were tried", async (t) => {
  const system = await startSystem(t, { settings: { RESERVED_PREFIXES: "system:" } });
  for (const [reason, value] of [
    ["identity_unmapped", { ...DEVELOPERS, notAfter: "2020-01-01T00:00:00Z" }],
    ["mapping_invalid", { arn: DEVELOPERS.arn, deny: true }],
    ["mapping_invalid", "not JSON"],
    ["mapping_invalid", { ...DEVELOPERS, grups: [] }],
    ["mapping_mismatch", { ...DEVELOPERS, arn: "arn:aws:iam::111122223333:role/Developer" }],
    ["mapping_mismatch", { ...DEVELOPERS, principalId: "AROALOCALOLDROLEAAAAA" }],
    ["name_refused", { ...DEVELOPERS, username: "system:{SessionName}" }],
    ["name_refused", { ...DEVELOPERS, groups: ["a", "system:masters"] }],
  ] as const) {
    system.put("role/111122223333/developers", value);
    const token = await system.token("bob");
    for (const apiVersion of VERSIONS) {
      const error = denial(await system.review(token, { apiVersion }));
      assert.match(error, new RegExp(`^${reason}: `));
      assert.ok(error.includes(DEVELOPERS.arn) && error.includes(TRIED), error);
    }
    system.clock.advance(30_001);
  }
});

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
