// Creates the parameter with the list of callers.

import { Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { CALLER_RULE, type Caller, callersParameter, isCaller } from "../../functions/authenticator/caller/caller.ts";
import { appendEntry } from "./owned-parameter.ts";

const KNOWN_ARN = "its arn must be known at synth: use the ARN itself instead of an attribute of a role in this app";

export function addCaller(scope: Construct, prefix: string, caller: Caller): void {
  const given: unknown = caller;
  if (!isCaller(given)) {
    const isTokenArn = "arn" in caller && Token.isUnresolved(caller.arn);
    throw new Error(`caller ${caller.name}: ${isTokenArn ? KNOWN_ARN : CALLER_RULE}`);
  }
  appendEntry(scope, "the callers", callersParameter(prefix), given);
}
