// The list of callers of a local cluster, and the command that changes it.

import { type CliResult, cli } from "../cli.ts";
import { type LocalCluster, PREFIX, readParameter } from "../mappings/cluster.ts";

export const PARAMETER = `${PREFIX}/callers`;

export interface StoredCaller {
  readonly name: string;
  readonly sha256?: string;
}

export const storedCallers = ({ store }: LocalCluster) => readParameter(store, PARAMETER) as Promise<StoredCaller[]>;
export const callers = (...words: readonly string[]): Promise<CliResult> => cli(["callers", ...words, "-c", "prod"]);
