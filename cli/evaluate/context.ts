// Where a cluster's mappings stand, and as of when they are judged.

export interface Site {
  /** Begins with `/`, does not end with one. */
  readonly prefix: string;
  /** Such as `aws` or `aws-cn`. */
  readonly partition: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}
