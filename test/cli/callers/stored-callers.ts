// The list of callers of a local cluster, and the command that changes it.

import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { type CliResult, cli } from "../cli.ts";
import { type LocalCluster, PREFIX } from "../mappings/cluster.ts";

export const PARAMETER = `${PREFIX}/callers`;

export interface StoredCaller {
  readonly name: string;
  readonly sha256?: string;
}

export async function storedCallers({ store }: LocalCluster): Promise<StoredCaller[]> {
  const ssm = new SSMClient({ endpoint: store.url });
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: PARAMETER }));
  ssm.destroy();
  return JSON.parse(Parameter?.Value ?? "");
}

export const callers = (...words: readonly string[]): Promise<CliResult> => cli(["callers", ...words, "-c", "prod"]);
