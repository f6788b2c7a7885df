// How many calls a second Parameter Store takes, before it refuses as too fast.
// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm

import { throttled } from "../aws-json.ts";
import { callsPerSecond } from "../calls-per-second.ts";

/** Calls per second, of the account and region together. */
export interface Throughput {
  readonly reads: number;
  /** Of GetParametersByPath, where it has a quota of its own. */
  readonly paths?: number;
  readonly writes: number;
}

/** PutParameter's is AWS Support's word: https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944 */
export const DEFAULT_THROUGHPUT: Throughput = { reads: 40, writes: 3 };

/** With the setting `/ssm/parameter-store/high-throughput-enabled`. */
export const HIGHER_THROUGHPUT: Throughput = { reads: 3_000, paths: 100, writes: 10 };

/** Lets a call of this operation in, or throws what the service answers instead. */
export type Admit = (operation: string) => void;

/** DeleteParameter's own quota is not documented: it shares PutParameter's, the stricter reading. */
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
