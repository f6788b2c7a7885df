// Evaluates one stored value for an identity.

import { evaluateMapping } from "../../../../functions/authenticator/mapping/evaluate.ts";
import type { Place } from "../../../../functions/authenticator/mapping/parameter-name.ts";
import { NOW, verified } from "../fixtures.ts";

/**
 * A value that is not a string becomes JSON, and `undefined` is a missing parameter. Default: Bob,
 * a role.
 */
export function judge(
  place: Place,
  value: unknown,
  { identity = verified("bob"), now = NOW, secure = false } = {},
) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const stored = value === undefined ? undefined : { value: text, secure };
  return evaluateMapping({ place, parameter: "/p" }, stored, identity, now);
}

export const NOTHING = { kind: "nothing" } as const;
export const SECURE = {
  kind: "invalid",
  problem: "a SecureString: it must be of type String",
} as const;
