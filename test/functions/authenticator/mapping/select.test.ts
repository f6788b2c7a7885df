// Selects the evaluation that decides, and the message of a denial.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Evaluation, Verdict } from "../../../../functions/authenticator/mapping/evaluate.ts";
import type { Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../../../../functions/authenticator/mapping/select.ts";
import { isAuthenticatorError } from "../../../../functions/errors.ts";
import { verified } from "../fixtures.ts";

const PLACES: readonly Place[] = [
  ...(["deny-account", "deny-any", "exact", "sso-session", "sso", "pattern-account", "pattern-any"] as const),
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
    assert.ok(error.message.endsWith(`; ${TRIED}`) && error.message.includes(bob.canonicalArn), error.message);
    return `${error.code}: ${error.message.slice(0, -TRIED.length - 2)}`;
  }
}

const WHO = bob.canonicalArn;
const LACKS = `token_lacks_session: ${WHO} is refused, since an AWS-signed token shows no session or unique id, and`;
const INVALID = `applies to ${WHO} and is invalid: not JSON`;

const CASES: Readonly<Record<string, readonly [verdicts: Parameters<typeof evaluations>[0], expected: string][]>> = {
  "without any mapping, the identity is unmapped": [[{}, `identity_unmapped: no mapping for ${WHO}`]],
  "an invalid mapping at the deciding place denies, and does not fall through": [
    [{ exact: "invalid", "sso-session": "match", account: "match" }, `mapping_invalid: /p/exact ${INVALID}`],
    [{ "pattern-account": "invalid", account: "match" }, `mapping_invalid: /p/pattern-account ${INVALID}`],
  ],
  "a mapping of another principal at the deciding place denies, and does not fall through": [
    [
      { exact: "mismatch", sso: "match", account: "match" },
      `mapping_mismatch: /p/exact is not for ${WHO}: its arn is the ARN of another principal`,
    ],
  ],
  "an entry that depends on what the token lacks refuses it at any place, and a denial is reported first": [
    [{ exact: "unknown", sso: "match" }, `${LACKS} /p/exact needs it: its principalId is AROA`],
    [{ exact: "match", sso: "unknown" }, `${LACKS} /p/sso needs it: its principalId is AROA`],
    [{ exact: "unknown", sso: "deny" }, `identity_denied: ${WHO} is denied by /p/sso`],
  ],
  "a denial decides in any place, and an invalid deny list denies every identity that it covers": [
    [{ exact: "invalid", sso: "match", account: "deny" }, `identity_denied: ${WHO} is denied by /p/account`],
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

test("the first place in the order of precedence decides, and only a match selects a mapping, for every combination", () => {
  const kinds = fc.array(fc.constantFrom(...(Object.keys(VERDICTS) as Kind[])), { maxLength: PLACES.length });
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
