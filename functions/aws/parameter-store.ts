// Parameter Store through the AWS SDK: one call for all names of a review, or for all parameters below a path.

import {
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import { ParametersUnavailable } from "../errors.ts";
import type { Deadline } from "../lib/deadline.ts";
import { failureKind, retry } from "../lib/retry.ts";
import type { FetchParameters } from "../parameters/parameter-cache.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { openAgents } from "./connections.ts";

const LIMITS = { tryMs: 1_000, totalMs: 2_000 };

export interface ParameterStoreOptions {
  readonly region: string;
  /** Where the SDK will connect to by its own settings: a connection is opened there ahead. */
  readonly endpoint: URL;
}

/** All parameters right below a path, by their names; more than `limit` of them where there are more. */
export type FetchPath = (
  path: string,
  limit: number,
  deadline: Deadline,
) => Promise<ReadonlyMap<string, StoredParameter>>;

/** Throws `ParametersUnavailable` for every failure: none of them says anything about an identity. */
export function createParameterStore(options: ParameterStoreOptions): FetchParameters {
  const ask = openClient(options);
  return async (names, deadline) => {
    const { Parameters = [], InvalidParameters = [] } = await ask(deadline, (client, abort) =>
      client.send(new GetParametersCommand({ Names: [...names] }), abort),
    );
    const found = new Map(Parameters.map(stored));
    if (names.every((name) => found.has(name) || InvalidParameters.includes(name))) return found;
    throw new ParametersUnavailable("Parameter Store's answer leaves names out");
  };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;

/** Throws `ParametersUnavailable` for every failure, also where one page of several fails: never a part of them. */
export function createPathReader(options: ParameterStoreOptions): FetchPath {
  const ask = openClient(options);
  return async (path, limit, deadline) => {
    const found = new Map<string, StoredParameter>();
    let NextToken: string | undefined;
    do {
      const request = { Path: path, MaxResults: PAGE, NextToken };
      // AWS may end a page early and name a next one, even an empty one.
      const page = await ask(deadline, (client, abort) => client.send(new GetParametersByPathCommand(request), abort));
      for (const [name, parameter] of (page.Parameters ?? []).map(stored)) found.set(name, parameter);
      NextToken = page.NextToken;
    } while (NextToken !== undefined && found.size <= limit);
    return found;
  };
}

type Ask = <T>(
  deadline: Deadline,
  send: (client: SSMClient, abort: { readonly abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

function openClient({ region, endpoint }: ParameterStoreOptions): Ask {
  const { httpsAgent, httpAgent } = openAgents(endpoint);
  const client = new SSMClient({
    region,
    // Retries and time limits are ours, so that a review's deadline holds.
    maxAttempts: 1,
    requestHandler: httpAgent === undefined ? { httpsAgent } : { httpsAgent, httpAgent },
  });
  return async (deadline, send) => {
    try {
      return await retry(LIMITS, deadline, (abortSignal) => send(client, { abortSignal }), isRetryable);
    } catch (error) {
      throw new ParametersUnavailable(`no answer from Parameter Store (${failureKind(error)})`, { cause: error });
    }
  };
}

function stored({ Name = "", Value = "", Type }: Parameter): readonly [string, StoredParameter] {
  return [Name, { value: Value, secure: Type === "SecureString" }];
}

/** A connection failure, a timeout or a 5xx; throttling is not made worse by trying at once again. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof SSMServiceException) || (error.$metadata.httpStatusCode ?? 0) >= 500;
}
