// Creates the parameter with the list of callers.

import type { Construct } from "constructs";
import { type Caller, callersParameter, isCaller } from "../../functions/authenticator/caller/bearer.ts";
import { addListParameter } from "./owned-parameter.ts";

/** Returns the function that appends to the list. */
export function addCallers(scope: Construct, prefix: string): (caller: Caller) => void {
  const append = addListParameter<Caller>(scope, "the callers", callersParameter(prefix));
  return (caller) => {
    const given: unknown = caller;
    if (isCaller(given)) append(given);
    else throw new Error(`caller ${caller.name}: must have a name and its token's SHA-256, 64 lower-case hex digits`);
  };
}
