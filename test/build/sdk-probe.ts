// Entry of a test bundle: GetParameters as the function sends it, with the same bundle plugins.

import { GetParametersCommand, SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";

/** The result of one GetParameters at `endpoint`: the existing names, or the name of the error. */
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
    if (!(error instanceof SSMServiceException)) return String(error);
    return { name: error.name, status: error.$metadata.httpStatusCode };
  } finally {
    client.destroy();
  }
}
