// Where the function's log is: the log group that was named, or the one that the cluster's stack has as an output.

import { CloudFormationClient, DescribeStacksCommand, type Output } from "@aws-sdk/client-cloudformation";
import { defaultStackName } from "../../functions/settings/stack-name.ts";
import { watched } from "../aws/calls.ts";
import type { ClientConfig } from "../aws/client-config.ts";
import { toFailure } from "../aws/errors.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import type { IOStreams } from "../io/io-streams.ts";

export interface LogGroupOptions {
  readonly cluster: string;
  /** Name or ARN. */
  readonly logGroup?: string;
  /** Name of the stack. */
  readonly stack?: string;
}

/** The log group has no fixed name: it outlives its stack, and a name that is taken would stop the next deployment. */
export async function findLogGroup(
  { cluster, logGroup, stack }: LogGroupOptions,
  config: ClientConfig,
  io: IOStreams,
  signal: AbortSignal,
): Promise<string> {
  if (logGroup !== undefined) return logGroup;
  const name = stack ?? defaultStackName(cluster);
  const found = logGroupsOf(await outputsOf(name, config, io, signal));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  const has = found.length === 0 ? "no output LogGroup" : `several of them: ${found.join(", ")}`;
  throw usage(`The stack ${name} has ${has}. Give the log group of the function: --log-group <name>.`);
}

async function outputsOf(
  name: string,
  config: ClientConfig,
  io: IOStreams,
  signal: AbortSignal,
): Promise<readonly Output[]> {
  const client = watched(new CloudFormationClient(config), io);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: name }), { abortSignal: signal });
    return Stacks[0]?.Outputs ?? [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Another code would be a stack's that is there: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (error.name === "ValidationError" && /does not exist/.test(error.message)) {
      throw usage(
        `There is no stack ${name} in region ${config.region}. Give --stack <name>, or --log-group <name>: the stack's output LogGroup.`,
      );
    }
    if (error.name === "AccessDenied" || error.name === "AccessDeniedException") {
      const message =
        `No permission to look up the log group: cloudformation:DescribeStacks on the stack ${name}. ` +
        "Give --log-group <name> (the stack's output LogGroup), or allow it, as the construct's grantReadReviews does.";
      throw new Failure(EXIT.fault, message, { cause: error });
    }
    const failure = toFailure(error);
    if (failure?.exitCode !== EXIT.fault) throw error;
    const hint = "To read the log without looking it up in CloudFormation, give --log-group <name>.";
    throw new Failure(EXIT.fault, [...failure.lines, hint], { cause: error });
  } finally {
    client.destroy();
  }
}

/** In an app of its own, CDK puts the construct's path before an output's name and a hash behind it. */
function logGroupsOf(outputs: readonly Output[]): string[] {
  return outputs.flatMap(({ OutputKey = "", OutputValue = "" }) =>
    /(?:^|[a-z0-9])LogGroup(?:[0-9A-F]{8})?$/.test(OutputKey) && OutputValue !== "" ? [OutputValue] : [],
  );
}
