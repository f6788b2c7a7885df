// Denials that may be for somebody of whom not all is known: a permission set's role, or a user with a path.

import { checkDenyList } from "../../functions/authenticator/mapping/deny-list.ts";
import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { arnsOverlap } from "../evaluate/arn-overlap.ts";
import type { EvaluationContext } from "../evaluate/context.ts";

/** The ARN patterns of denials that are for a part of what `pattern` means, perhaps for the very one that exists. */
export function possibleDenials(
  pattern: string,
  account: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  { prefix, now }: EvaluationContext,
): string[] {
  return [account, "any"].flatMap((of) => {
    const stored = parameters.get(denyParameter(prefix, of));
    const check = stored === undefined ? undefined : checkDenyList(stored);
    if (!check?.valid) return [];
    return check.entries
      .filter(({ arnLike, notAfter }) => !isExpired(notAfter, now) && arnsOverlap(withoutRolePath(arnLike), pattern))
      .map(({ arnLike }) => arnLike);
  });
}

/** A role's denial matches by its name, whatever path it is written with (functions/authenticator/mapping/deny-list.ts). */
function withoutRolePath(arnLike: string): string {
  return arnLike.replace(/:role\/.*\//i, ":role/");
}
