// Selects the evaluation that decides, and the message of a denial.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Evaluation, Verdict } from "../../../../functions/authenticator/mapping/evaluate.ts";
import type { Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../../../../functions/authenticator/mapping/select.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { verified } from "../fixtures.ts";

const PLACES: readonly Place[] = ["exact", "sso-session", "sso", "pattern-account", "pattern-any", "account"];
const VERDICTS: Readonly<Record<Verdict["kind"], Verdict>> = {
  nothing: { kind: "nothing" },
  match: { kind: "match", mapping: { username: "x" } },
  deny: { kind: "deny" },
  invalid: { kind: "invalid", problem: "not JSON" },
  mismatch: { kind: "mismatch", problem: "its arn is the ARN of another principal" },
  unknown: { kind: "unknown", problem: "its principalId is AROA" },
};
const bob = verified("bob");

/** One verdict for each place, in order. */
function evaluations(...kinds: Verdict["kind"][]): Evaluation[] {
  return PLACES.map((place, index) => {
    const verdict = VERDICTS[kinds[index] ?? "nothing"];
    return { place, parameter: `/p/${place}`, verdict, invalidCount: 0 };
  });
}

test("precedence: exact, sso-session, sso, patterns of the account, patterns of any, account", () => {
  for (let first = 0; first < PLACES.length; first += 1) {
    const kinds = PLACES.map((_, index) => (index < first ? "nothing" : "match"));
    const { parameter, mapping } = selectMapping(evaluations(...kinds), bob);
    assert.equal(parameter, `/p/${PLACES[first]}`);
    assert.deepEqual(mapping, { username: "x" });
  }
});

test("a matching denial decides in any place", () => {
  for (let at = 0; at < PLACES.length; at += 1) {
    for (const other of ["match", "invalid", "mismatch", "nothing"] as const) {
      const kinds = PLACES.map((_, index) => (index === at ? "deny" : other));
      assert.throws(
        () => selectMapping(evaluations(...kinds), bob),
        { code: "identity_denied" },
        `${PLACES[at]} among ${other}`,
      );
    }
  }
});

test("an invalid deny list denies, whatever the mappings are, unless a denial matches", () => {
  for (const place of ["deny-account", "deny-any"] as const) {
    const list: Evaluation = { place, parameter: `/p/${place}`, verdict: VERDICTS.invalid, invalidCount: 1 };
    for (const kind of ["match", "invalid", "mismatch", "nothing"] as const) {
      const all = [list, ...evaluations(kind)];
      assert.equal(decidingEvaluation(all), list);
      assert.throws(
        () => selectMapping(all, bob),
        (error) =>
          hasCode(error, "denials_invalid") &&
          error.message.startsWith(
            `${bob.canonicalArn} is denied, like every identity that the deny list /p/${place} covers: the list is invalid, not JSON;`,
          ),
      );
    }
    assert.throws(() => selectMapping([list, ...evaluations("deny")], bob), { code: "identity_denied" });
  }
});

test("a deny list without an entry for an identity leaves the decision to the mappings", () => {
  const lists = (["deny-account", "deny-any"] as const).map(
    (place): Evaluation => ({ place, parameter: `/p/${place}`, verdict: VERDICTS.nothing, invalidCount: 0 }),
  );
  assert.equal(selectMapping([...lists, ...evaluations("match")], bob).parameter, "/p/exact");
  assert.throws(() => selectMapping([...lists, ...evaluations()], bob), { code: "identity_unmapped" });
});

test("an invalid mapping at the deciding place denies, and does not fall through", () => {
  assert.throws(() => selectMapping(evaluations("invalid", "match", "match", "match", "match"), bob), {
    code: "mapping_invalid",
  });
  assert.throws(() => selectMapping(evaluations("nothing", "nothing", "nothing", "invalid", "nothing", "match"), bob), {
    code: "mapping_invalid",
  });
});

test("a mapping of another principal at the deciding place denies, and does not fall through", () => {
  assert.throws(() => selectMapping(evaluations("mismatch", "nothing", "match", "match", "match"), bob), {
    code: "mapping_mismatch",
  });
});

test("an invalid mapping at a place that does not decide has no effect", () => {
  assert.equal(
    selectMapping(evaluations("match", "invalid", "mismatch", "invalid", "invalid"), bob).parameter,
    "/p/exact",
  );
});

test("an entry that depends on what the token lacks refuses it at any place, and a denial is reported first", () => {
  assert.throws(() => selectMapping(evaluations("unknown", "match"), bob), { code: "token_lacks_session" });
  assert.throws(() => selectMapping(evaluations("match", "unknown"), bob), { code: "token_lacks_session" });
  assert.throws(() => selectMapping(evaluations("unknown", "nothing", "deny"), bob), { code: "identity_denied" });
});

test("without any mapping, the denial is identity_unmapped", () => {
  assert.throws(() => selectMapping(evaluations(), bob), { code: "identity_unmapped" });
  assert.throws(() => selectMapping([], bob), { code: "identity_unmapped" });
  assert.equal(decidingEvaluation(evaluations()), undefined);
});

test("each denial names the canonical ARN and every parameter that was tried, in one line", () => {
  for (const kind of ["nothing", "deny", "invalid", "mismatch", "unknown"] as const) {
    assert.throws(
      () => selectMapping(evaluations(kind), bob),
      ({ message }: Error) => {
        assert.ok(message.includes(bob.canonicalArn), message);
        for (const place of PLACES) assert.ok(message.includes(`/p/${place}`), message);
        return !message.includes("\n");
      },
    );
  }
  assert.match(selectMapping(evaluations("match"), bob).tried, /^tried \/p\/exact .*\/p\/account$/);
});

test("a denial of a session names the session and its role; a denial of the role names only the role", () => {
  const ofSession: Evaluation = {
    place: "deny-account",
    parameter: "/p/deny-account",
    verdict: { kind: "deny", sessionArn: bob.arn },
    invalidCount: 0,
  };
  const message = (evaluation: Evaluation) => {
    try {
      selectMapping([evaluation], bob);
    } catch (error) {
      return hasCode(error, "identity_denied") ? error.message : String(error);
    }
    return "granted";
  };
  assert.equal(
    message(ofSession),
    `${bob.arn}, a session of ${bob.canonicalArn}, is denied by /p/deny-account; tried /p/deny-account`,
  );
  assert.equal(
    message({ ...ofSession, verdict: { kind: "deny" } }),
    `${bob.canonicalArn} is denied by /p/deny-account; tried /p/deny-account`,
  );
});

test("only a match selects a mapping, for every combination of verdicts", () => {
  const kinds = fc.array(fc.constantFrom(...(Object.keys(VERDICTS) as Verdict["kind"][])), { maxLength: 6 });
  fc.assert(
    fc.property(kinds, (all) => {
      const first = (["deny", "unknown"] as const).find((kind) => all.includes(kind));
      const expected = first ?? all.find((kind) => kind !== "nothing") ?? "nothing";
      const deciding = decidingEvaluation(evaluations(...all));
      assert.equal(deciding?.verdict.kind ?? "nothing", expected);
      if (expected === "match") assert.doesNotThrow(() => selectMapping(evaluations(...all), bob));
      else assert.throws(() => selectMapping(evaluations(...all), bob));
    }),
    { numRuns: 10_000 },
  );
});
