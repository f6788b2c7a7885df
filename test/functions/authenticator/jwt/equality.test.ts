// Property: without entries that depend on a session or a claim, both kinds of token have the same answers.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { VerifiedIdentity } from "../../../../functions/authenticator/identity/identity.ts";
import { parseJwt } from "../../../../functions/authenticator/jwt/parse-jwt.ts";
import { candidates, type Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { newRecord } from "../../../../functions/authenticator/review/record.ts";
import { reviewIdentity } from "../../../../functions/authenticator/review/review.ts";
import { isDenial } from "../../../../functions/errors.ts";
import { cachedParameters } from "../../../../functions/parameters/parameter-cache.ts";
import { localIdentity } from "../../../../local/identities.ts";
import {
  deadlineOf,
  fakeServices,
  HOME,
  NOW,
  OTHER,
  PREFIX,
  type Stored,
  settingsWith,
  verified,
} from "../fixtures.ts";
import { claimsOf, minted, RULES } from "./mint.ts";

/** Identities that both kinds of token can show, with a path in the claim `sub`, which the other kind does not show. */
const IDENTITIES = ["alice", "alice-elsewhere", "bob", "dan", "bob-elsewhere", "carol", "contractor", "node"].map(
  (name) => ({
    presigned: verified(name),
    signed: parseJwt(minted(claimsOf({ sub: subOf(name) })), RULES, NOW).unverifiedIdentity,
  }),
);

function subOf(name: string): string {
  const { arn } = localIdentity(name);
  return arn.replace(/^arn:aws:sts::(\d+):assumed-role\/([^/]+)\/.*/, (_, account: string, role: string) => {
    const path = role.startsWith("AWSReservedSSO_") ? "aws-reserved/sso.amazonaws.com/eu-west-1" : "team/blue";
    return `arn:aws:iam::${account}:role/${path}/${role}`;
  });
}

const roles = ["Developers", "DEVELOPERS", "Contractor", "ClusterNode", "AWSReservedSSO_ClusterAdmin_0123456789abcdef"];
const arnOf = (names: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(HOME, OTHER), fc.constantFrom("", "team/blue/", "x/"), fc.constantFrom(...names))
    .map(([account, path, name]) => `arn:aws:iam::${account}:${name.replace("/", `/${path}`)}`);
const roleArn = arnOf(roles.map((name) => `role/${name}`));
const userArn = arnOf(["user/alice"]);
/** No pattern that only a session's ARN can match. */
const PATTERNS = ["*", "role/*", "user/*", "user/eng*", "role/*/*", "role/team/*", "role/AWSReservedSSO_*"];
const arnLike = fc.oneof(
  roleArn,
  userArn,
  fc.constantFrom(...PATTERNS).map((resource) => `arn:aws:iam::*:${resource}`),
  fc.constantFrom(`arn:aws:iam::${HOME}:role/Dev*`, `arn:aws:iam::${OTHER}:role/*`, "arn:aws-cn:iam::*:role/*"),
  fc.constantFrom("arn:*:*:*:*:*", "arn:aws:sts::*:federated-user/*", "x", ""),
);

/** Mostly one of `valid`. */
function rarely<T>(valid: readonly T[], invalid: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof({ weight: 15, arbitrary: fc.constantFrom(...valid) }, fc.constantFrom(...invalid));
}

const notAfter = rarely(["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"], ["soon"]);
const username = rarely(["dev", "u:{AccountID}", "viewer", "system:x", "a\u0000"], ["", "{Unknown}"]);
const groups = rarely<unknown>([[], ["a"], ["{AccountID}", "b"]], ["a", [""]]);
const grant = fc.record({ username, groups, notAfter }, { requiredKeys: ["username"] });
const exact = (arn: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.tuple(grant, arn).map(([value, of]) => ({ ...value, arn: of })) },
    fc.record({ arn, deny: fc.constantFrom(true, false, "true") }),
    fc.constantFrom("not JSON", "[]", '{"arn":1}'),
  );
const pattern = fc.tuple(grant, arnLike).map(([value, of]) => ({ ...value, arnLike: of }));
const denial = fc.record({ arnLike, notAfter }, { requiredKeys: ["arnLike"] });
const denials = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  { weight: 4, arbitrary: fc.array(denial, { maxLength: 2 }) },
  fc.constantFrom("not JSON", {}, [1], null),
);
const patterns = fc.array(pattern, { maxLength: 3 });

/** A value for each place that the identity reads, except for the list of sessions. */
function storeOf({ presigned }: (typeof IDENTITIES)[number]): fc.Arbitrary<Stored> {
  const values: Partial<Record<Place, fc.Arbitrary<unknown>>> = {
    "deny-account": denials,
    "deny-any": denials,
    exact: exact(presigned.kind === "user" ? userArn : roleArn),
    sso: grant,
    "pattern-account": patterns,
    "pattern-any": patterns,
    account: fc.oneof(grant, fc.constant({})),
  };
  const parameters = candidates(PREFIX, presigned).flatMap(({ place, parameter }) => {
    const value = values[place];
    return value === undefined
      ? []
      : [[parameter.slice(PREFIX.length + 1), fc.option(value, { nil: undefined, freq: 2 })]];
  });
  return fc.record(Object.fromEntries(parameters));
}

const identityAndStore = fc
  .constantFrom(...IDENTITIES)
  .chain((identity) => storeOf(identity).map((stored) => ({ identity, stored })));

test("both kinds of token have the same answers in stores without sessions, ids and claims", async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(identityAndStore, async ({ identity: { presigned, signed }, stored }) => {
      const one = await answerFor(presigned, stored);
      assert.deepEqual(await answerFor(signed, stored), one);
      const outcome = typeof one === "string" ? (one.split(":")[0] ?? "") : "granted";
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }),
    { numRuns: 1_000, seed: 1 },
  );
  // Every outcome that such a store can have, each often enough to mean something.
  for (const outcome of [
    ...["granted", "identity_unmapped", "identity_denied", "denials_invalid", "mapping_invalid", "mapping_mismatch"],
    "name_refused",
  ]) {
    assert.ok((seen.get(outcome) ?? 0) >= 10, `${outcome}: ${JSON.stringify([...seen])}`);
  }
});

/** The user, or the complete text of the denial. */
async function answerFor(identity: VerifiedIdentity, stored: Stored) {
  const { clock, fetchParameters, findNodeName } = fakeServices(stored);
  const readParameters = cachedParameters(fetchParameters, 30_000, clock);
  const rules = settingsWith({ reservedPrefixes: ["system:"] });
  try {
    return await reviewIdentity(identity, rules, { readParameters, findNodeName }, newRecord(NOW), deadlineOf(clock));
  } catch (error) {
    assert.ok(isDenial(error), String(error));
    return `${error.code}: ${error.message}`;
  }
}
