// The errors: each class says its own name, also where it is minified, and has a code that is that name in snake case.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as errors from "../../functions/errors.ts";

const LEAVES = Object.entries(errors).filter(([name]) => !/^(AuthenticatorError|Denial|Fault|BadRequest)$/.test(name));

test("the name of an error is its class's, and its code is that in snake case", () => {
  assert.ok(LEAVES.length > 30);
  for (const [name, type] of LEAVES) {
    const error = new (type as new (message: string) => errors.AnyAuthenticatorError)("why");
    const code = name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
    assert.deepEqual([error.name, error.code, String(error)], [name, code, `${name}: why`]);
  }
});

test("the bundle that is deployed says the names too: a setting that is bad is a SettingInvalid in Lambda's log", async () => {
  const bundle = readFileSync(new URL("../../dist/authenticator/index.mjs", import.meta.url), "utf8");
  for (const [name] of LEAVES) {
    if (!name.startsWith("Issuer")) assert.ok(bundle.includes(`"${name}"`), name);
  }
});
