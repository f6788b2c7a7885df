// Entry of a test bundle: GetParameters as the function sends it, with the same bundle plugins.

import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { isAwsError } from "../../functions/lib/aws-error.ts";

/** The result of one GetParameters at `endpoint`: the existing names, or the error. */
export async function probe(endpoint: string): Promise<unknown> {
  const client = new SSMClient({
    region: "us-east-1",
    endpoint,
    maxAttempts: 1,
    requestHandler: {},
  });
  try {
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names: ["/probe"] }));
    return Parameters.map(({ Name }) => Name);
  } catch (error) {
    if (!isAwsError(error)) return String(error);
    const { name, message, $fault, $metadata } = error;
    return { name, message, $fault, status: $metadata.httpStatusCode };
  } finally {
    client.destroy();
  }
}
