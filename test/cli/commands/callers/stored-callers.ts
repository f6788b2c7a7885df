// The list of callers of a local cluster, and the command that changes it.

import { type CliOptions, cli, type Words, wordsOf } from "../../cli.ts";
import { type LocalCluster, PREFIX, readParameter } from "../mappings/cluster.ts";

export const PARAMETER = `${PREFIX}/callers`;

export const storedCallers = ({ store }: LocalCluster) =>
  readParameter(store, PARAMETER) as Promise<{ name: string; sha256?: string }[]>;
export const callers = (words: Words, options?: CliOptions) =>
  cli(["callers", ...wordsOf(words), "-c", "prod"], options);
