// Converts any thrown value into an error with a code.

import { AuthenticatorError, InternalFault } from "../errors.ts";

/** An unexpected error becomes an `InternalFault`, which is never a decision about the token. */
export function asAuthenticatorError(thrown: unknown): AuthenticatorError {
  return thrown instanceof AuthenticatorError ? thrown : new InternalFault("unexpected failure", { cause: thrown });
}
