// Denials that may be for somebody of whom not all is known: a permission set's role, or a user with a path.

import { checkMapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { arnsOverlap } from "../evaluate/arn-overlap.ts";
import type { EvaluationContext } from "../evaluate/context.ts";

/** A denial that is for part of what `pattern` means, perhaps for the very one that is real. */
export function possibleDenials(
  pattern: string,
  account: string,
  parameters: ReadonlyMap<string, StoredParameter>,
  { prefix, now }: EvaluationContext,
): string[] {
  return [account, "any"].flatMap((of) => {
    const list = parseJson(parameters.get(mappingParameter(prefix, "pattern", of))?.value ?? "");
    return (Array.isArray(list) ? list : []).flatMap((item: unknown) => {
      if (!isObject(item) || item["deny"] !== true || typeof item["arnLike"] !== "string") return [];
      const check = checkMapping(item, "pattern");
      const isPast = check.valid && isExpired(check.mapping.notAfter, now);
      return !isPast && arnsOverlap(item["arnLike"], pattern) ? [item["arnLike"]] : [];
    });
  });
}
