// Reads the outputs of a cluster's stack.

import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { isAwsError } from "../../functions/lib/aws-error.ts";
import { defaultStackName, type StackKind } from "../../functions/settings/stack.ts";
import type { Run } from "../io/run.ts";
import { watched } from "./calls.ts";
import { awsRequestHandler, type ClientConfig } from "./client.ts";
import { toFailure } from "./errors.ts";

/** The outputs by name, such as `Endpoint`: infra/outputs.ts. */
type Outputs = Readonly<Record<string, string | undefined>>;

/**
 * Reads the outputs for commands that work without the stack: none if it cannot be read, or has
 * another name.
 */
export async function outputsOfCluster(
  clusterId: string,
  config: ClientConfig | Promise<ClientConfig>,
  run: Run,
  kind?: StackKind,
): Promise<Outputs> {
  try {
    const limited = {
      ...(await config),
      maxAttempts: 2,
      requestHandler: awsRequestHandler(run, 5_000),
    };
    return (
      (await outputsOf(defaultStackName(clusterId, kind), limited, run.interrupted, run)) ?? {}
    );
  } catch (error) {
    run.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return {};
  }
}

/** Reads the outputs of a stack; `undefined` if the stack does not exist. */
export async function outputsOf(
  StackName: string,
  config: ClientConfig,
  abortSignal: AbortSignal,
  run: Run,
) {
  const client = watched(new CloudFormationClient(config), run);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }), {
      abortSignal,
    });
    const outputs = Stacks.flatMap(({ Outputs = [] }) => Outputs);
    return Object.fromEntries(
      outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
  } catch (error) {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (isAwsError(error, "ValidationError") && /does not exist/.test(error.message))
      return undefined;
    throw error;
  }
}
