// Lists of sso-session entries: the sessions that an entry applies to, and its precedence.

import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateMappings } from "../../../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation } from "../../../../functions/authenticator/mapping/select.ts";
import { HOME, NOW, OTHER, PREFIX, roleIdentity, type Stored, verified } from "../fixtures.ts";
import { judge, NOTHING } from "./judge.ts";

const ROLE = "AWSReservedSSO_Admin_0123456789abcdef";
const jane = roleIdentity(ROLE, "jane@example.com");
const john = roleIdentity(ROLE, "john@example.com");
const JANE = { session: "jane@example.com", username: "jane" };
const SET = `sso/${HOME}/admin`;
const SESSIONS = `sso-session/${HOME}/admin`;
const EXACT = `role/${HOME}/${ROLE.toLowerCase()}`;

const verdict = (list: unknown, identity = jane) => judge("sso-session", list, { identity }).verdict;

/** The parameter that decides, below the prefix, and its verdict. */
function decide(stored: Stored, identity = jane, now = NOW) {
  const parameters = new Map(
    Object.entries(stored).map(([name, value]) => {
      return [`${PREFIX}/${name}`, { value: typeof value === "string" ? value : JSON.stringify(value), secure: false }];
    }),
  );
  const deciding = decidingEvaluation(evaluateMappings(candidates(PREFIX, identity), parameters, identity, now));
  return deciding && [deciding.parameter.slice(PREFIX.length + 1), deciding.verdict.kind];
}

test("an entry applies to the set's session with exactly its name, and to no other role or kind of identity", () => {
  assert.deepEqual(verdict([JANE]), { kind: "match", mapping: JANE });
  for (const session of ["Jane@example.com", "jane@example.co", "jane@example.com2", "jane", "jane-example.com", "*"]) {
    assert.deepEqual(verdict([{ ...JANE, session }]), NOTHING, session);
  }
  const sessionless = ["alice", ""].map((session) => ({ ...JANE, session }));
  assert.deepEqual(verdict(sessionless, verified("alice")), NOTHING);
  for (const identity of [roleIdentity("Admin", JANE.session), roleIdentity(ROLE, JANE.session, OTHER)]) {
    assert.equal(decide({ [SESSIONS]: [JANE] }, identity), undefined, identity.arn);
  }
});

test("an AWS-signed token has no session: an entry that has not ended, or an invalid one, leaves the verdict unknown", () => {
  const claims = { identityStoreUserId: undefined, sourceIdentity: undefined, principalTags: {} };
  const ended = { ...JANE, notAfter: new Date(NOW).toISOString() };
  for (const [list, problem] of [
    ["[", "it is invalid: not JSON"],
    [[ended, { ...JANE, note: 1 }], "it has an invalid entry, which may be for this session"],
    [[ended, JANE], "it has an entry for a session, which may be this one"],
    [[ended], undefined],
  ] as const) {
    const expected = problem === undefined ? NOTHING : { kind: "unknown", problem };
    assert.deepEqual(verdict(list, { ...jane, claims }), expected);
  }
  const denied = (arnLike: string) => judge("deny-any", [{ arnLike }], { identity: { ...jane, claims } }).verdict;
  const problem = "it denies a session of this role, which may be this one";
  assert.deepEqual(denied(jane.arn), { kind: "unknown", problem });
  assert.deepEqual(denied(jane.arn.replace(HOME, OTHER)), NOTHING);
});

test("precedence: denials of the session or role, the role's own mapping, an entry, the set, patterns, the account", () => {
  const all: Stored = {
    [`deny/${HOME}`]: [{ arnLike: jane.arn }],
    "deny/any": [{ arnLike: jane.canonicalArn }],
    [EXACT]: { arn: jane.canonicalArn, username: "exact" },
    [SESSIONS]: [JANE],
    [SET]: { username: "set" },
    [`pattern/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:role/*`, username: "p" }],
    "pattern/any": [{ arnLike: "arn:aws:iam::*:role/*", username: "p" }],
    [`account/${HOME}`]: {},
  };
  for (const name of Object.keys(all)) {
    assert.deepEqual(decide(all), [name, name.startsWith("deny") ? "deny" : "match"]);
    if (name === SESSIONS) {
      // Only for its session, and until its notAfter.
      assert.deepEqual(decide(all, john), [SET, "match"]);
      const notAfter = new Date(NOW).toISOString();
      const ending = { ...all, [SESSIONS]: [{ ...JANE, notAfter }] };
      assert.deepEqual([decide(ending, jane, NOW - 1)?.[0], decide(ending)?.[0]], [SESSIONS, SET]);
    }
    delete all[name];
  }
  assert.equal(decide(all), undefined);
});
