// The errors: each has the outcome and status of its row, and a name for Lambda's log.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asAuthenticatorError,
  denial,
  ERRORS,
  errorText,
  fault,
  hasCode,
  httpError,
  isDenial,
  parseErrorText,
} from "../../functions/errors.ts";

test("an error has the outcome and status of its row, and its code as its name", () => {
  const rows = [
    [denial("token_expired", "why"), "denied", 200],
    [fault("setting_invalid", "why"), "fault", 500],
    [httpError("review_malformed", "why"), "bad_request", 400],
    [httpError("path_unknown", "why"), "bad_request", 404],
    [httpError("caller_refused", "why"), "caller_refused", 401],
    [httpError("callers_limited", "why"), "caller_refused", 429],
    [httpError("sts_throttled", "why"), "throttled", 429],
  ] as const;
  for (const [error, outcome, status] of rows) {
    assert.deepEqual(
      [String(error), error.outcome, error.status],
      [`${error.code}: why`, outcome, status],
    );
  }
});

test("the text of an error is read back without the parameters that were tried", () => {
  const unmapped = denial("identity_unmapped", "no mapping for arn:x", {
    tried: "tried /p/a /p/b",
  });
  assert.equal(errorText(unmapped), "identity_unmapped: no mapping for arn:x; tried /p/a /p/b");
  for (const error of [
    unmapped,
    fault("setting_invalid", "why: this"),
    denial("token_expired", ""),
  ]) {
    const { code, reason } = error;
    assert.deepEqual(parseErrorText(errorText(error)), { code, reason });
  }
  for (const reason of ["Internal Server Error", "Error: no route", ""]) {
    assert.deepEqual(parseErrorText(reason), { code: undefined, reason });
  }
});

test("a code is in snake case, and its meaning one line", () => {
  for (const [code, [, meaning]] of Object.entries(ERRORS))
    assert.match(`${code} ${meaning}`, /^[a-z]+(_[a-z]+)* .+$/);
});

test("only a refused request has no stack trace", () => {
  const { stackTraceLimit } = Error;
  const refused = [denial("token_malformed", "why"), httpError("path_unknown", "why")];
  for (const { stack } of refused) assert.doesNotMatch(stack ?? "", /^ +at /m);
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
  const traced = [
    fault("sts_unreachable", "why"),
    httpError("sts_throttled", "why"),
    new Error("why"),
  ];
  for (const { stack } of traced) assert.match(stack ?? "", /^ +at /m);
});

test("an error is recognized also if another copy of the module created it", async () => {
  const copy: typeof import("../../functions/errors.ts") = await import(
    `../../functions/errors.ts?${"copy"}`
  );
  const error = copy.denial("token_expired", "why");
  assert.ok(isDenial(error) && hasCode(error, "token_expired"));
  assert.equal(asAuthenticatorError(error), error);
});

test("any other value is an internal fault with the value as its cause, whatever its code", () => {
  const system = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const inherited = Object.assign(new Error("no code"), { code: "toString" });
  const copied = Object.assign(
    new Error("no"),
    JSON.parse('{"code":"identity_denied","outcome":"denied"}'),
  );
  for (const thrown of [
    system,
    inherited,
    copied,
    new Error("no code"),
    { code: "token_expired" },
    undefined,
  ]) {
    const { code, cause } = asAuthenticatorError(thrown);
    assert.deepEqual([code, cause], ["internal_fault", thrown]);
    assert.equal(isDenial(thrown), false);
  }
});
