// Rate limits of Parameter Store.
// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm

import { throttled } from "../aws-json.ts";
import { callsPerSecond } from "../calls-per-second.ts";

/** Calls per second, per account and region. */
export interface Throughput {
  readonly reads: number;
  /** GetParametersByPath, if it has a separate quota. */
  readonly paths?: number;
  readonly writes: number;
}

/** For PutParameter, from AWS Support: https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944 */
export const DEFAULT_THROUGHPUT: Throughput = { reads: 40, writes: 3 };

/** With `/ssm/parameter-store/high-throughput-enabled`. */
export const HIGHER_THROUGHPUT: Throughput = { reads: 3_000, paths: 100, writes: 10 };

/** Throws the service's throttling error if the operation exceeds its limit. */
export type Admit = (operation: string) => void;

/** DeleteParameter's quota is not documented; here it shares PutParameter's. */
const COUNTED: Readonly<Record<string, keyof Throughput>> = {
  GetParameter: "reads",
  GetParameters: "reads",
  GetParametersByPath: "paths",
  PutParameter: "writes",
  DeleteParameter: "writes",
};

export function limitThroughput({ reads, paths, writes }: Throughput, now: () => number): Admit {
  const read = callsPerSecond(reads, now);
  const admits = {
    reads: read,
    paths: paths === undefined ? read : callsPerSecond(paths, now),
    writes: callsPerSecond(writes, now),
  };
  return (operation) => {
    const counted = COUNTED[operation];
    if (counted !== undefined && !admits[counted]()) throw throttled();
  };
}
