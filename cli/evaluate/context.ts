// What a cluster's mappings are evaluated with, besides themselves.

export interface EvaluationContext {
  /** Begins with `/`, does not end with one. */
  readonly prefix: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Usernames and groups must not begin with one of these. */
  readonly reservedPrefixes: readonly string[];
}
