// What to do about a review that did not let somebody in: the command that explains it, or advice where no ARN is known.

import type { AwsOptions } from "../aws/client-config.ts";
import { supposeIdentity } from "../evaluate/principal.ts";
import { adviceOn } from "../explain/advice.ts";
import { shellWord } from "../io/shell.ts";
import type { LoggedReview } from "./logged-review.ts";

export interface Why {
  /** Words of a shell command, each in quotes where it needs them. */
  readonly explain?: readonly string[];
  readonly advice?: string;
}

/** Where the operator's own options said that the cluster is. */
export interface Place extends AwsOptions {
  readonly cluster: string;
  readonly prefix?: string;
}

/** Nothing for a grant, and for a token of another kind. */
export function whyOf({ outcome, reason = "", arn = "", principalId }: LoggedReview, place: Place): Why {
  if (outcome === "denied" && supposeIdentity(arn) !== undefined) {
    const { cluster, region, profile, prefix } = place;
    const isOfId = reason === "mapping_mismatch" && principalId !== undefined && /^[A-Z0-9]+$/.test(principalId);
    const words = [
      ...["iam-authenticator", "explain", "-c", cluster],
      ...option("--prefix", prefix),
      ...option("--region", region),
      ...option("--profile", profile),
      // Another role of this name would match.
      ...(isOfId ? ["--principal-id", principalId] : []),
      arn,
    ];
    return { explain: words.map(shellWord) };
  }
  const advice = adviceOn(reason);
  return advice === undefined ? {} : { advice };
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
