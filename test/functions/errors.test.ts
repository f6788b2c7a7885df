// The errors: each class has its name, also in minified code, and its code is that name in snake case.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as errors from "../../functions/errors.ts";

const LEAVES = Object.entries(errors).filter(([name]) => !/^(AuthenticatorError|Denial|Fault|BadRequest)$/.test(name));

test("the name of an error is its class name, and its code is that name in snake case", () => {
  assert.ok(LEAVES.length > 30);
  for (const [name, type] of LEAVES) {
    const error = new (type as new (message: string) => errors.AnyAuthenticatorError)("why");
    const code = name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
    assert.deepEqual([error.name, error.code, String(error)], [name, code, `${name}: why`]);
  }
});

test("a RequestError has no stack trace, and a fault and all other errors have one", () => {
  const { stackTraceLimit } = Error;
  const refusals = [errors.TokenMalformed, errors.PathUnknown, errors.CallerRefused].map((type) => new type("why"));
  for (const { stack } of refusals) assert.doesNotMatch(stack ?? "", /^ +at /m);
  assert.equal(Error.stackTraceLimit, stackTraceLimit);
  for (const { stack } of [new errors.StsUnreachable("why"), new Error("why")]) assert.match(stack ?? "", /^ +at /m);
});

test("a RequestError keeps its cause", () => {
  const cause = new Error("why");
  assert.equal(new errors.StsRefused("no", { cause }).cause, cause);
});

test("the deployed bundle keeps the names: an invalid setting is a SettingInvalid in Lambda's log", async () => {
  const bundle = readFileSync(new URL("../../dist/authenticator/index.mjs", import.meta.url), "utf8");
  for (const [name] of LEAVES) {
    if (!name.startsWith("Issuer")) assert.ok(bundle.includes(`"${name}"`), name);
  }
});
