// Reads a CloudFormation stack.

import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import type { IOStreams } from "../terminal/io-streams.ts";
import { watched } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { awsRequestHandler } from "./request-handler.ts";

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
