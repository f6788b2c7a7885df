// Why `mappings export --format aws-auth` skips a mapping or a denial: a code with its fields, and
// the phrase for it.

/** Code and fields of a cause. `by` is a parameter without the prefix. */
export type Cause =
  | { readonly code: "key_unknown"; readonly key: "notAfter" | "principalId" }
  | { readonly code: "claims_unknown" }
  | { readonly code: "session_unknown" }
  | { readonly code: "pattern_unknown" }
  | { readonly code: "denial_unknown" }
  | { readonly code: "account_username_unknown" }
  | { readonly code: "permission_set_unknown" }
  | { readonly code: "not_applied"; readonly by: string }
  /** An entry of a deny list, by its pattern or name. */
  | { readonly code: "denied_by_entry"; readonly denied: string }
  | { readonly code: "denied"; readonly by: string }
  | { readonly code: "denied_by_invalid"; readonly by: string }
  | { readonly code: "denied_by_principal_id"; readonly by: string }
  /** The stored value is invalid. `problem` is a phrase. */
  | { readonly code: "invalid"; readonly problem: string };

export interface Skipped {
  /** The mapping, denial or parameter, as in a message. */
  readonly what: string;
  readonly cause: Cause;
}

/** Returns the line about a skipped entry, without a period. */
export function lineOf({ what, cause }: Skipped): string {
  return `${what}: ${phraseOf(cause)}`;
}

export function phraseOf(cause: Cause): string {
  switch (cause.code) {
    case "key_unknown":
      return `aws-auth has no ${cause.key}`;
    case "claims_unknown":
      return "aws-auth has no claims of AWS-signed tokens";
    case "session_unknown":
      return "aws-auth cannot map a single session";
    case "pattern_unknown":
      return "aws-auth has no patterns";
    case "denial_unknown":
      return "aws-auth has no denials";
    case "account_username_unknown":
      return "aws-auth cannot name the users of an account";
    case "permission_set_unknown":
      return "aws-auth has no permission sets";
    case "not_applied":
      return `it does not apply: ${cause.by} does`;
    case "denied_by_entry":
      return wouldGrant(`${cause.denied} denies`);
    case "denied":
      return wouldGrant(`${cause.by} denies`);
    case "denied_by_invalid":
      return wouldGrant(`${cause.by} denies, because it is invalid`);
    case "denied_by_principal_id":
      return wouldGrant(`${cause.by} denies by principalId`);
    case "invalid":
      return cause.problem;
  }
}

function wouldGrant(denier: string): string {
  return `it would grant access to identities that ${denier}`;
}
