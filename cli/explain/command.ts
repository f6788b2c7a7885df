// The command that explains somebody's access, for a person who copies it.

import type { AwsOptions } from "../aws/client-config.ts";
import { shellWord } from "../terminal/shell.ts";

/** Where the operator's own options said that the cluster is. */
export interface Place extends AwsOptions {
  readonly cluster: string;
  readonly prefix?: string;
}

/** Words, each in quotes where a shell needs them. */
export function explainCommand(
  { cluster, prefix, region, profile }: Place,
  arn: string,
  principalId?: string,
): readonly string[] {
  const words = [
    ...["iam-authenticator", "explain", "-c", cluster],
    ...option("--prefix", prefix),
    ...option("--region", region),
    ...option("--profile", profile),
    ...option("--principal-id", principalId),
    arn,
  ];
  return words.map(shellWord);
}

function option(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, value];
}
