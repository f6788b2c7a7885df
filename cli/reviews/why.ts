// What to do about a review that did not let somebody in: the command that explains it, or advice where no ARN is known.

import { supposeIdentity } from "../access/principal.ts";
import { adviceOn } from "../explain/advice.ts";
import { explainCommand, type Place } from "../explain/command.ts";
import type { LoggedReview } from "./logged-review.ts";

export interface Why {
  /** Words of a shell command, each in quotes where it needs them. */
  readonly explain?: readonly string[];
  readonly advice?: string;
}

/** Nothing for a grant, and for a token of another kind. */
export function whyOf({ outcome, reason = "", arn = "", principalId }: LoggedReview, place: Place): Why {
  if (outcome === "denied" && supposeIdentity(arn) !== undefined) {
    // Without it, another role of this name would match.
    const isOfId = reason === "mapping_mismatch" && principalId !== undefined && /^[A-Z0-9]+$/.test(principalId);
    return { explain: explainCommand(place, arn, isOfId ? principalId : undefined) };
  }
  const advice = adviceOn(reason);
  return advice === undefined ? {} : { advice };
}
