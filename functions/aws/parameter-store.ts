// Parameter Store through the AWS SDK: one GetParameters for all names of a review.

import { GetParametersCommand, SSMClient, SSMServiceException } from "@aws-sdk/client-ssm";
import { ParametersUnavailable } from "../errors.ts";
import { failureKind, retry } from "../lib/retry.ts";
import type { FetchParameters } from "../parameters/parameter-cache.ts";
import { openAgents } from "./connections.ts";

const LIMITS = { tryMs: 1_000, totalMs: 2_000 };

export interface ParameterStoreOptions {
  readonly region: string;
  /** Where the SDK will connect to by its own settings: a connection is opened there ahead. */
  readonly endpoint: URL;
}

/** Throws `ParametersUnavailable` for every failure: none of them says anything about an identity. */
export function createParameterStore({ region, endpoint }: ParameterStoreOptions): FetchParameters {
  const { httpsAgent, httpAgent } = openAgents(endpoint);
  const client = new SSMClient({
    region,
    // Retries and time limits are ours, so that a review's deadline holds.
    maxAttempts: 1,
    requestHandler: httpAgent === undefined ? { httpsAgent } : { httpsAgent, httpAgent },
  });

  return async (names, deadline) => {
    const send = (abortSignal: AbortSignal) =>
      client.send(new GetParametersCommand({ Names: [...names] }), { abortSignal });
    try {
      const { Parameters = [], InvalidParameters = [] } = await retry(LIMITS, deadline, send, isRetryable);
      const found = new Map(
        Parameters.map(({ Name = "", Value = "", Type }) => [Name, { value: Value, secure: Type === "SecureString" }]),
      );
      if (names.every((name) => found.has(name) || InvalidParameters.includes(name))) return found;
    } catch (error) {
      throw new ParametersUnavailable(`no answer from Parameter Store (${failureKind(error)})`, { cause: error });
    }
    throw new ParametersUnavailable("Parameter Store's answer leaves names out");
  };
}

/** A connection failure, a timeout or a 5xx; throttling is not made worse by trying at once again. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof SSMServiceException) || (error.$metadata.httpStatusCode ?? 0) >= 500;
}
