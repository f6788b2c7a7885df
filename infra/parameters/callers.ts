// Creates the parameter with the list of callers.

import { Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { CALLER_RULE, type Caller, callersParameter, isCaller } from "../../functions/authenticator/caller/caller.ts";
import { addListParameter } from "./owned-parameter.ts";

/** Returns the function that appends to the list. */
export function addCallers(scope: Construct, prefix: string): (caller: Caller) => void {
  const append = addListParameter<Caller>(scope, "the callers", callersParameter(prefix));
  return (caller) => {
    const given: unknown = caller;
    if (isCaller(given)) append(given);
    else throw new Error(`caller ${caller.name}: ${isTokenArn(caller) ? KNOWN_ARN : CALLER_RULE}`);
  };
}

const KNOWN_ARN = "its arn must be known at synth: use the ARN itself instead of an attribute of a role in this app";

function isTokenArn(caller: Caller): boolean {
  return "arn" in caller && Token.isUnresolved(caller.arn);
}
