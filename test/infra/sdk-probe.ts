// Entry of a bundle for tests: GetParameters as the function sends it, made leaner in the same way.

import { GetParametersCommand, SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";

/** What came of one GetParameters at `endpoint`: the names found, or how the error is called. */
export async function probe(endpoint: string): Promise<unknown> {
  const client = new SSMClient({ region: "us-east-1", endpoint, maxAttempts: 1 });
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
