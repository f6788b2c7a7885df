// A mapping of another program, as a file has it.

/** A mapping of another program. Its fields are not validated yet. */
export interface Foreign {
  /** The place in messages, such as `mapRoles 3`. */
  readonly where: string;
  readonly line: number;
  readonly arn?: unknown;
  readonly username?: unknown;
  readonly groups?: unknown;
  /** An IAM Identity Center permission set instead of an ARN. */
  readonly permissionSet?: unknown;
  readonly account?: unknown;
  /** A phrase about parts that are not imported. */
  readonly remark?: string;
  /**
   * The name of the EKS cluster of an access entry. Such an entry matches a role with a path,
   * aws-iam-authenticator does not.
   */
  readonly accessEntryOf?: string;
  /**
   * The groups for its EKS access policies: no mapping, but a part of the access entry for the same
   * principal.
   */
  readonly accessGroups?: readonly string[];
  /** Why this is not a mapping. */
  readonly problem?: string;
}

/** Where a mapping is. */
export type At = Pick<Foreign, "where" | "line">;

/** Removes a role's path, and no other: aws-iam-authenticator sees the paths of users. */
export function withoutRolePath(arn: string): string {
  return arn.replace(/^(arn:[a-z-]+:iam::\d{12}:role\/)(?:[\x21-\x7e]*\/)([^/]+)$/i, "$1$2");
}
