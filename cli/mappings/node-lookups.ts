// Whether the deployed function looks up nodes in EC2 (`"nodes": true`), which {EC2PrivateDNSName} requires.

import { watched } from "../aws/calls.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { awsRequestHandler } from "../aws/request-handler.ts";
import { outputsOfCluster } from "../aws/stacks.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

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
    try {
      const command = new GetFunctionConfigurationCommand({ FunctionName: name });
      const { Environment } = await client.send(command, { abortSignal: io.interrupted });
      return Environment?.Variables === undefined || ONLY_WITH_NODES in Environment.Variables;
    } finally {
      client.destroy();
    }
  } catch (error) {
    io.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return true;
  }
}
