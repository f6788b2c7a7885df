// Lists of sso-session entries: the sessions that an entry applies to, its precedence, and denials.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  evaluateMapping,
  evaluateMappings,
  type Verdict,
} from "../../../../functions/authenticator/mapping/evaluate.ts";
import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation } from "../../../../functions/authenticator/mapping/select.ts";
import { HOME, NOW, PREFIX, roleIdentity, verified } from "../fixtures.ts";
import { junk } from "./arbitrary-values.ts";

const ROLE = "AWSReservedSSO_Admin_0123456789abcdef";
const jane = roleIdentity(ROLE, "jane@example.com");
const JANE = { session: "jane@example.com", username: "jane" };
const JOHN = { session: "john@example.com", username: "john" };

function find(list: unknown, { now = NOW, secure = false, identity = jane } = {}) {
  const value = typeof list === "string" ? list : JSON.stringify(list);
  return evaluateMapping({ place: "sso-session", parameter: "/p" }, { value, secure }, identity, now);
}

function verdict(list: unknown, options = {}): Verdict {
  return find(list, options).verdict;
}

/** The parameter that decides, below the prefix, and its verdict. */
function decide(stored: Record<string, unknown>, identity = jane, now = NOW) {
  const parameters = new Map(
    Object.entries(stored).map(([name, value]) => {
      return [`${PREFIX}/${name}`, { value: typeof value === "string" ? value : JSON.stringify(value), secure: false }];
    }),
  );
  const deciding = decidingEvaluation(evaluateMappings(candidates(PREFIX, identity), parameters, identity, now));
  return deciding && [deciding.parameter.slice(PREFIX.length + 1), deciding.verdict.kind];
}

const SET = `sso/${HOME}/admin`;
const SESSIONS = `sso-session/${HOME}/admin`;
const EXACT = `role/${HOME}/${ROLE.toLowerCase()}`;

test("an entry applies to the session with exactly its name", () => {
  assert.deepEqual(verdict([JOHN, JANE]), { kind: "match", mapping: JANE });
  for (const session of ["Jane@example.com", "jane@example.co", "jane@example.com2", "jane", "jane-example.com", "*"]) {
    assert.deepEqual(verdict([{ ...JANE, session }]), { kind: "nothing" }, session);
  }
});

test("an empty list and a list for other sessions are nothing", () => {
  assert.deepEqual(verdict([]), { kind: "nothing" });
  assert.deepEqual(verdict([JOHN]), { kind: "nothing" });
});

test("of several entries for a session, the first that is not expired applies", () => {
  const second = { ...JANE, username: "second" };
  assert.deepEqual(verdict([JANE, second]), { kind: "match", mapping: JANE });
  assert.deepEqual(verdict([{ ...JANE, notAfter: "2020-01-01T00:00:00Z" }, second]), {
    kind: "match",
    mapping: second,
  });
  assert.equal(verdict([{ ...JANE, note: 1 }, second]).kind, "invalid");
  assert.deepEqual(verdict([JANE, { ...JANE, note: 1 }]), { kind: "match", mapping: JANE });
});

test("an entry replaces the set's mapping until its notAfter", () => {
  const notAfter = new Date(NOW).toISOString();
  const stored = { [SESSIONS]: [{ ...JANE, notAfter }], [SET]: { username: "admin" } };
  assert.deepEqual(decide(stored, jane, NOW - 1), [SESSIONS, "match"]);
  assert.deepEqual(decide(stored, jane, NOW), [SET, "match"]);
  assert.deepEqual(decide(stored, roleIdentity(ROLE, "john@example.com"), NOW - 1), [SET, "match"]);
});

test("the role's own mapping has precedence over an entry, which has precedence over the set, patterns and the account", () => {
  const all: Record<string, unknown> = {
    [EXACT]: { arn: jane.canonicalArn, username: "exact" },
    [SESSIONS]: [JANE],
    [SET]: { username: "set" },
    [`pattern/${HOME}`]: [{ arnLike: `arn:aws:iam::${HOME}:role/*`, username: "p" }],
    "pattern/any": [{ arnLike: "arn:aws:iam::*:role/*", username: "p" }],
    [`account/${HOME}`]: {},
  };
  for (const name of Object.keys(all)) {
    assert.deepEqual(decide(all), [name, "match"]);
    delete all[name];
  }
  assert.equal(decide(all), undefined);
});

test("an invalid entry denies the session that it names, and no other", () => {
  const set = { [SET]: { username: "set" } };
  for (const wrong of [{ note: 1 }, { groups: "a" }, { username: "" }, { notAfter: "soon" }, { arn: "x" }]) {
    const stored = { ...set, [SESSIONS]: [{ ...JANE, ...wrong }, JOHN] };
    assert.deepEqual(decide(stored), [SESSIONS, "invalid"], JSON.stringify(wrong));
    assert.deepEqual(decide(stored, roleIdentity(ROLE, "john@example.com")), [SESSIONS, "match"]);
    assert.deepEqual(decide(stored, roleIdentity(ROLE, "joe")), [SET, "match"]);
  }
  assert.deepEqual(decide({ ...set, [SESSIONS]: [{ session: JANE.session }] }), [SESSIONS, "invalid"]);
});

test("an expired entry that is otherwise invalid still denies", () => {
  assert.equal(verdict([{ ...JANE, notAfter: "2020-01-01T00:00:00Z", note: 1 }]).kind, "invalid");
});

test("an invalid entry without a readable session applies to no session, and is counted", () => {
  const damaged = [
    null,
    1,
    "jane@example.com",
    [],
    [JANE],
    {},
    { ...JANE, session: [JANE.session] },
    { username: "x" },
  ];
  const { verdict: found, invalidCount } = find([...damaged, JANE]);
  assert.deepEqual([found, invalidCount], [{ kind: "match", mapping: JANE }, damaged.length]);
});

test("an unreadable list denies every session of the set, unless the role has its own mapping", () => {
  for (const value of ["[", "{}", JANE, null, '"[]"', ""]) {
    const stored = { [SESSIONS]: value, [SET]: { username: "set" } };
    assert.deepEqual(decide(stored), [SESSIONS, "invalid"], JSON.stringify(value));
    assert.deepEqual(decide(stored, roleIdentity(ROLE, "joe")), [SESSIONS, "invalid"]);
    const exact = { [EXACT]: { arn: jane.canonicalArn, username: "exact" } };
    assert.deepEqual(decide({ ...stored, ...exact }), [EXACT, "match"]);
  }
  const secure = { kind: "invalid", problem: "a SecureString: it must be of type String" };
  assert.deepEqual(verdict([JANE], { secure: true }), secure);
});

test("an entry with a deny key is invalid: it applies to its session in the order of the list", () => {
  const deny = { session: JANE.session, deny: true };
  for (const list of [[deny], [deny, JANE]]) assert.equal(verdict(list).kind, "invalid");
  assert.deepEqual(verdict([JANE, deny]), { kind: "match", mapping: JANE });
  assert.deepEqual(verdict([{ ...deny, session: JOHN.session }, JANE]), { kind: "match", mapping: JANE });
});

test("a denial of the session or of the role has precedence over an entry", () => {
  for (const arnLike of [jane.arn, jane.canonicalArn]) {
    assert.deepEqual(decide({ [SESSIONS]: [JANE], "deny/any": [{ arnLike }] }), ["deny/any", "deny"]);
  }
});

test("no other identity has a session of a set: neither another role nor a user of the same name", () => {
  const stored = { [SESSIONS]: [JANE, { ...JANE, session: "alice" }, { ...JANE, session: "" }] };
  const others = [
    roleIdentity("Admin", JANE.session),
    roleIdentity("AWSReservedSSO_Admin", JANE.session),
    roleIdentity("AWSReservedSSO_Admin_2_0123456789abcdef", JANE.session),
    roleIdentity("awsreservedsso_Admin_0123456789abcdef", JANE.session),
    roleIdentity(ROLE, JANE.session, "444455556666"),
    verified("alice"),
    verified("root"),
    verified("federated"),
  ];
  assert.deepEqual(verdict(stored[SESSIONS], { identity: verified("alice") }), { kind: "nothing" });
  for (const identity of others) assert.equal(decide(stored, identity), undefined, identity.arn);
});

test("entries of other sessions never change the result of a session", () => {
  const other = fc.oneof(
    junk.filter((v) => typeof v !== "object" || v === null || !("session" in v)),
    fc.record(
      { session: fc.string().filter((s) => s !== JANE.session), username: junk, groups: junk, deny: junk },
      { requiredKeys: ["session"] },
    ),
  );
  const entry = fc.record(
    { session: fc.constant(JANE.session), username: junk, groups: junk, notAfter: junk },
    { requiredKeys: ["session"] },
  );
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 2 }), fc.nat({ max: 2 }), other, (entries, at, damage) => {
      assert.deepEqual(verdict((entries as unknown[]).toSpliced(at, 0, damage)), verdict(entries));
    }),
    { numRuns: 10_000 },
  );
});
