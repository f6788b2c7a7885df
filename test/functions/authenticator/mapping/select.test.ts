// Selects the evaluation that decides, and the message of a denial. Of sso-session entries: the
// sessions that one applies to, and its precedence.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Evaluation, Verdict } from "../../../../functions/authenticator/mapping/evaluate.ts";
import { evaluateMappings } from "../../../../functions/authenticator/mapping/evaluate.ts";
import type { Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { candidates } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import {
  decidingEvaluation,
  selectMapping,
} from "../../../../functions/authenticator/mapping/select.ts";
import { isAuthenticatorError } from "../../../../functions/errors.ts";
import { HOME, NOW, OTHER, PREFIX, roleIdentity, type Stored, verified } from "../fixtures.ts";
import { judge, NOTHING } from "./judge.ts";

const PLACES: readonly Place[] = [
  ...([
    "deny-account",
    "deny-any",
    "exact",
    "sso-session",
    "sso",
    "pattern-account",
    "pattern-any",
  ] as const),
  "account",
];
type Kind = Verdict["kind"];
const VERDICTS: Readonly<Record<Kind, Verdict>> = {
  nothing: { kind: "nothing" },
  match: { kind: "match", mapping: { username: "x" } },
  deny: { kind: "deny" },
  invalid: { kind: "invalid", problem: "not JSON" },
  mismatch: { kind: "mismatch", problem: "its arn is the ARN of another principal" },
  unknown: { kind: "unknown", problem: "its principalId is AROA" },
};
const bob = verified("bob");
const TRIED = `tried ${PLACES.map((place) => `/p/${place}`).join(" ")}`;

/** One verdict for each place. Default: nothing. */
function evaluations(verdicts: Partial<Record<Place, Kind | Verdict>>): Evaluation[] {
  return PLACES.map((place) => {
    const own = verdicts[place] ?? "nothing";
    const verdict = typeof own === "string" ? VERDICTS[own] : own;
    return { place, parameter: `/p/${place}`, verdict, invalidCount: 0 };
  });
}

/** The parameter that is selected, or the code and message of the denial. */
function outcome(verdicts: Parameters<typeof evaluations>[0]): string {
  try {
    const { parameter, mapping, tried } = selectMapping(evaluations(verdicts), bob);
    assert.deepEqual([mapping, tried], [{ username: "x" }, TRIED]);
    return parameter;
  } catch (error) {
    assert.ok(isAuthenticatorError(error), String(error));
    assert.ok(
      error.message.endsWith(`; ${TRIED}`) && error.message.includes(bob.canonicalArn),
      error.message,
    );
    return `${error.code}: ${error.message.slice(0, -TRIED.length - 2)}`;
  }
}

const WHO = bob.canonicalArn;
const LACKS = `token_lacks_session: ${WHO} is refused, since an AWS-signed token shows no session or unique id, and`;
const INVALID = `applies to ${WHO} and is invalid: not JSON`;

const CASES: Readonly<
  Record<string, readonly [verdicts: Parameters<typeof evaluations>[0], expected: string][]>
> = {
  "without any mapping, the identity is unmapped": [
    [{}, `identity_unmapped: no mapping for ${WHO}`],
  ],
  "an invalid mapping at the deciding place denies, and does not fall through": [
    [
      { exact: "invalid", "sso-session": "match", account: "match" },
      `mapping_invalid: /p/exact ${INVALID}`,
    ],
    [
      { "pattern-account": "invalid", account: "match" },
      `mapping_invalid: /p/pattern-account ${INVALID}`,
    ],
  ],
  "a mapping of another principal at the deciding place denies, and does not fall through": [
    [
      { exact: "mismatch", sso: "match", account: "match" },
      `mapping_mismatch: /p/exact is not for ${WHO}: its arn is the ARN of another principal`,
    ],
  ],
  "an entry that depends on what the token lacks refuses it at any place, and a denial is reported first":
    [
      [{ exact: "unknown", sso: "match" }, `${LACKS} /p/exact needs it: its principalId is AROA`],
      [{ exact: "match", sso: "unknown" }, `${LACKS} /p/sso needs it: its principalId is AROA`],
      [{ exact: "unknown", sso: "deny" }, `identity_denied: ${WHO} is denied by /p/sso`],
    ],
  "a denial decides in any place, and an invalid deny list denies every identity that it covers": [
    [
      { exact: "invalid", sso: "match", account: "deny" },
      `identity_denied: ${WHO} is denied by /p/account`,
    ],
    [
      { "deny-any": "invalid", exact: "match" },
      `denials_invalid: ${WHO} is denied, like every identity that the deny list /p/deny-any covers: the list is invalid, not JSON`,
    ],
  ],
  "a denial of a session names the session and its role": [
    [
      { "deny-account": { kind: "deny", sessionArn: bob.arn } },
      `identity_denied: ${bob.arn}, a session of ${WHO}, is denied by /p/deny-account`,
    ],
  ],
};

for (const [title, cases] of Object.entries(CASES)) {
  test(title, () => {
    for (const [verdicts, expected] of cases) assert.equal(outcome(verdicts), expected);
  });
}

test("the first place in the order of precedence decides, for every combination", () => {
  const kinds = fc.array(fc.constantFrom(...(Object.keys(VERDICTS) as Kind[])), {
    maxLength: PLACES.length,
  });
  fc.assert(
    fc.property(kinds, (all) => {
      const first = (["deny", "unknown"] as const).find((kind) => all.includes(kind));
      const expected = first ?? all.find((kind) => kind !== "nothing");
      const decides = PLACES[expected === undefined ? -1 : all.indexOf(expected)];
      const verdicts = Object.fromEntries(all.map((kind, index) => [PLACES[index], kind]));
      const deciding = decidingEvaluation(evaluations(verdicts));
      assert.deepEqual([deciding?.verdict.kind, deciding?.place], [expected, expected && decides]);
      assert.equal(outcome(verdicts) === `/p/${decides}`, expected === "match");
    }),
    { numRuns: 1_000, seed: 1 },
  );
});

const ROLE = "AWSReservedSSO_Admin_0123456789abcdef";
const jane = roleIdentity(ROLE, "jane@example.com");
const john = roleIdentity(ROLE, "john@example.com");
const JANE = { session: "jane@example.com", username: "jane" };
const SET = `sso/${HOME}/admin`;
const SESSIONS = `sso-session/${HOME}/admin`;
const EXACT = `role/${HOME}/${ROLE.toLowerCase()}`;
const verdict = (list: unknown, identity = jane) =>
  judge("sso-session", list, { identity }).verdict;

/** The parameter that decides, below the prefix, and its verdict. */
function decide(stored: Stored, identity = jane, now = NOW) {
  const parameters = new Map(
    Object.entries(stored).map(([name, value]) => {
      return [
        `${PREFIX}/${name}`,
        { value: typeof value === "string" ? value : JSON.stringify(value), secure: false },
      ];
    }),
  );
  const deciding = decidingEvaluation(
    evaluateMappings(candidates(PREFIX, identity), parameters, identity, now),
  );
  return deciding && [deciding.parameter.slice(PREFIX.length + 1), deciding.verdict.kind];
}

test("an entry applies to the set's session with exactly its name", () => {
  assert.deepEqual(verdict([JANE]), { kind: "match", mapping: JANE });
  for (const session of [
    "Jane@example.com",
    "jane@example.co",
    "jane@example.com2",
    "jane",
    "jane-example.com",
    "*",
  ]) {
    assert.deepEqual(verdict([{ ...JANE, session }]), NOTHING, session);
  }
  const sessionless = ["alice", ""].map((session) => ({ ...JANE, session }));
  assert.deepEqual(verdict(sessionless, verified("alice")), NOTHING);
  for (const identity of [
    roleIdentity("Admin", JANE.session),
    roleIdentity(ROLE, JANE.session, OTHER),
  ]) {
    assert.equal(decide({ [SESSIONS]: [JANE] }, identity), undefined, identity.arn);
  }
});

test("an AWS-signed token has no session: an entry leaves the verdict unknown", () => {
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
  const denied = (arnLike: string) =>
    judge("deny-any", [{ arnLike }], { identity: { ...jane, claims } }).verdict;
  const problem = "it denies a session of this role, which may be this one";
  assert.deepEqual(denied(jane.arn), { kind: "unknown", problem });
  assert.deepEqual(denied(jane.arn.replace(HOME, OTHER)), NOTHING);
});

test("precedence: denials, the role, an entry, the set, patterns, the account", () => {
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
      const ending = { ...all, [SESSIONS]: [{ ...JANE, notAfter: new Date(NOW).toISOString() }] };
      assert.deepEqual([decide(ending, jane, NOW - 1)?.[0], decide(ending)?.[0]], [SESSIONS, SET]);
    }
    delete all[name];
  }
  assert.equal(decide(all), undefined);
});
