// Reads the cluster's stack: its outputs, and whether the function looks up nodes.

import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { defaultStackName, type StackKind } from "../../functions/settings/stack.ts";
import type { IOStreams } from "../io/streams.ts";
import { watched } from "./calls.ts";
import { awsRequestHandler, type ClientConfig } from "./client.ts";
import type { Connection } from "./connection.ts";
import { toFailure } from "./errors.ts";

/** Such as `Endpoint`: infra/outputs.ts. */
type Outputs = Readonly<Record<string, string | undefined>>;

/** For commands that work without the stack: no outputs if it cannot be read, or has another name. */
export async function outputsOfCluster(
  clusterId: string,
  config: ClientConfig | Promise<ClientConfig>,
  io: IOStreams,
  kind?: StackKind,
): Promise<Outputs> {
  try {
    const limited = { ...(await config), maxAttempts: 2, requestHandler: awsRequestHandler(io, 5_000) };
    return (await outputsOf(defaultStackName(clusterId, kind), limited, io.interrupted, io)) ?? {};
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return {};
  }
}

/** `undefined` if the stack does not exist. */
export async function outputsOf(StackName: string, config: ClientConfig, abortSignal: AbortSignal, io: IOStreams) {
  const client = watched(new CloudFormationClient(config), io);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }), { abortSignal });
    const outputs = Stacks.flatMap(({ Outputs = [] }) => Outputs);
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  } catch (error) {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}

/** Of a mapping, or of an identity whose mapping needs it. */
export const NO_NODES =
  'the function cannot look up nodes, so each review fails. Set "nodes": true for the cluster, and deploy';

/** The construct sets it only with `nodes` (infra/function/environment.ts). */
const ONLY_WITH_NODES = "AWS_ENDPOINT_URL_EC2";

/** `true` unless the function's configuration can be read and shows that it does not. Prints nothing. */
export async function mayLookUpNodes({ config, settings }: Connection, io: IOStreams): Promise<boolean> {
  try {
    const { FunctionName: name } = await outputsOfCluster(settings.clusterId, config, io);
    if (name === undefined) return true;
    const { GetFunctionConfigurationCommand, LambdaClient } = await import("@aws-sdk/client-lambda");
    const limited = { ...config, maxAttempts: 2, requestHandler: awsRequestHandler(io, 5_000) };
    const client = watched(new LambdaClient(limited), io);
    const command = new GetFunctionConfigurationCommand({ FunctionName: name });
    const { Environment } = await client.send(command, { abortSignal: io.interrupted });
    return Environment?.Variables === undefined || ONLY_WITH_NODES in Environment.Variables;
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return true;
  }
}
