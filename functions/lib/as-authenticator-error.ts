// What was thrown, as one of the errors that have a code.

import { AuthenticatorError, InternalFault } from "../errors.ts";

/** Anything else is a fault of ours: never an answer about the token. */
export function asAuthenticatorError(thrown: unknown): AuthenticatorError {
  return thrown instanceof AuthenticatorError ? thrown : new InternalFault("unexpected failure", { cause: thrown });
}
