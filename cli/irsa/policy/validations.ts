// Why a Pod is refused: annotations that upstream's webhook only logs, so that a Pod misses its role in silence.

import { ANNOTATION } from "../names.ts";
import { BOOLEANS, cel, SECONDS } from "./variables.ts";

export interface Validation {
  readonly expression: string;
  readonly messageExpression: string;
}

/** Upstream's own pattern, for which it only logs a warning. */
const ROLE_ARN = "^arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/[A-Za-z0-9_/.@+=,-]+$";

export function validations(): Validation[] {
  return [
    validation("ofServiceAccount", "role-arn", matches(ROLE_ARN), "the ARN of an IAM role"),
    validation("ofServiceAccount", "audience", 'v != ""', "an audience, or be left out"),
    validation(
      "ofServiceAccount",
      "sts-regional-endpoints",
      `v in ${cel([...BOOLEANS.true, ...BOOLEANS.false])}`,
      "true or false",
    ),
    validation("ofServiceAccount", "token-expiration", matches(SECONDS), "a number of seconds"),
    validation("ofPod", "token-expiration", matches(SECONDS), "a number of seconds"),
  ];
}

/** `isGood` is about `v`, the annotation's value; where there is none, all is well. */
function validation(of: "ofServiceAccount" | "ofPod", name: string, isGood: string, expected: string): Validation {
  const value = `variables.${of}[?${cel(ANNOTATION + name)}]`;
  const who = of === "ofPod" ? '"Pod"' : '"ServiceAccount " + request.namespace + "/" + params.metadata.name';
  // A message with a line break is dropped, and so is a long one.
  const shown = `[${value}.orValue("").replace(${cel("\n")}, " ")].map(v, v.size() > 100 ? v.substring(0, 100) : v)[0]`;
  return {
    expression: `${value}.hasValue() ? [${value}.value()].all(v, ${isGood}) : true`,
    messageExpression: `${who} + ": the annotation ${ANNOTATION}${name} must be ${expected}, not '" + ${shown} + "'"`,
  };
}

function matches(pattern: string): string {
  return `v.matches(${cel(pattern)})`;
}
