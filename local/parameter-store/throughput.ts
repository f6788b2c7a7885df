// How many calls a second Parameter Store takes, before it refuses as too fast.
// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm

import { throttled } from "./refusal.ts";

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

const SECOND_MS = 1000;

/** Counts the calls of the last second; one that was refused does not count. */
export function limitThroughput(most: Throughput, now: () => number): Admit {
  const admitted = { reads: [] as number[], paths: [] as number[], writes: [] as number[] };
  return (operation) => {
    const counted = COUNTED[operation];
    if (counted === undefined) return;
    const kind = most[counted] === undefined ? "reads" : counted;
    const time = now();
    const recent = admitted[kind].filter((at) => at > time - SECOND_MS);
    if (recent.length >= (most[kind] ?? 0)) throw throttled();
    admitted[kind] = [...recent, time];
  };
}
