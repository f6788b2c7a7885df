// Reads a CloudFormation stack.

import { CloudFormationClient, DescribeStacksCommand, type Output, type Stack } from "@aws-sdk/client-cloudformation";
import { defaultStackName } from "../../functions/settings/stack.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { watched } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { toFailure } from "./errors.ts";
import { awsRequestHandler } from "./request-handler.ts";

/** The endpoints of the cluster's stack; none if it cannot be read or has another name. */
export async function endpointsOf(connecting: Connection | Promise<Connection>, io: IOStreams): Promise<URL[]> {
  try {
    const connection = await connecting;
    const stacks = await stacksOf(defaultStackName(connection.settings.clusterId), connection, io);
    return stacks.flatMap(({ Outputs = [] }) => Outputs.flatMap(endpointOf));
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return [];
  }
}

/** In a user's CDK app, an output's name has the construct's path as prefix and a hash as suffix. */
function endpointOf({ OutputKey = "", OutputValue = "" }: Output): URL[] {
  return /Endpoint(?:[0-9A-F]{8})?$/.test(OutputKey) && URL.canParse(OutputValue) ? [new URL(OutputValue)] : [];
}

/** Empty if the stack does not exist. */
export async function stacksOf(
  StackName: string,
  { ssm, settings }: Connection,
  io: IOStreams,
): Promise<readonly Stack[]> {
  const config = {
    region: settings.region,
    credentials: ssm.config.credentials,
    maxAttempts: 2,
    requestHandler: awsRequestHandler(io, 5_000),
  };
  const client = watched(new CloudFormationClient(config), io);
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }), {
      abortSignal: io.interrupted,
    });
    return Stacks.filter(({ StackStatus }) => StackStatus !== "DELETE_COMPLETE");
  } catch (error) {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    if (error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message)) return [];
    throw error;
  } finally {
    client.destroy();
  }
}
