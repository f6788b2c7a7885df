// The help of `<who>` against the kinds of mappings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DENY_HELP, TARGET_HELP } from "../../../cli/model/target.ts";
import { hasArn, isListKind, KINDS, kindsWhere } from "../../../functions/authenticator/mapping/kinds.ts";

test("the help of <who> has the name of each kind that has no ARN, and of a denial those that are no list", () => {
  for (const kind of kindsWhere((one) => !hasArn(one))) {
    const { path, name } = KINDS[kind];
    const after = path === "named" ? `<account>/<${name}>` : `<${path}>`;
    assert.match(TARGET_HELP, new RegExp(`\\s${kind}/${after}\\s`));
    assert.equal(new RegExp(`\\s${kind}/${after}\\s?`).test(DENY_HELP), !isListKind(kind), kind);
  }
});
