// Parameter Store through the AWS SDK: one call for all names of a review, or for all parameters below a path.

import {
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import { discardIdle, openAgents, requestHandler } from "../aws/connections.ts";
import { ParametersUnavailable } from "../errors.ts";
import type { Deadline } from "../lib/deadline.ts";
import { failureKind, type RetryRules, retry } from "../lib/retry.ts";
import { isThrottlingCode } from "../lib/throttling.ts";
import type { FetchParameters } from "./parameter-cache.ts";
import type { DatedParameter, StoredParameter } from "./stored-parameter.ts";

export interface ParameterStoreOptions {
  readonly region: string;
  /** Where the SDK will connect to by its own settings: a connection is opened there ahead. */
  readonly endpoint: URL;
  /** Decides how long a throttled call waits; `Math.random` unless given. */
  readonly random?: () => number;
}

/** All parameters right below a path, by their names. Throws `ParametersUnavailable` where they take longer. */
export type FetchPath = (path: string, deadline: Deadline) => Promise<ReadonlyMap<string, DatedParameter>>;

export interface ParameterStore {
  /** Throws `ParametersUnavailable` for every failure: none of them says anything about an identity. */
  readonly fetchParameters: FetchParameters;
  /** Runs the SDK's code for a call once, without a call: it takes ten times as long as later ones. */
  readonly warmUp: () => Promise<void>;
}

export function createParameterStore(options: ParameterStoreOptions): ParameterStore {
  const { ask, client } = openClient(options);
  const fetchParameters: FetchParameters = async (names, deadline) => {
    const { Parameters = [], InvalidParameters = [] } = await ask(deadline, (client, abort) =>
      client.send(new GetParametersCommand({ Names: [...names] }), abort),
    );
    const found = new Map(Parameters.map(stored));
    if (names.every((name) => found.has(name) || InvalidParameters.includes(name))) return found;
    throw new ParametersUnavailable("Parameter Store's answer leaves names out");
  };
  const warmUp = async (): Promise<void> => {
    const command = new GetParametersCommand({ Names: [] });
    // Innermost, in place of the connection: the request is signed and dropped, and this is read as its answer.
    const response = { statusCode: 200, headers: {}, body: Buffer.from("{}") };
    command.middlewareStack.add(() => async () => ({ response }) as never, { step: "deserialize", priority: "low" });
    await client.send(command);
  };
  return { fetchParameters, warmUp };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;

/** Throws `ParametersUnavailable` for every failure, also where one page of several fails: never a part of them. */
export function createPathReader(options: ParameterStoreOptions): FetchPath {
  const { ask } = openClient(options);
  return async (path, deadline) => {
    const found = new Map<string, DatedParameter>();
    let NextToken: string | undefined;
    do {
      const request = { Path: path, MaxResults: PAGE, NextToken };
      // AWS may end a page early and name a next one, even an empty one.
      const page = await ask(deadline, (client, abort) => client.send(new GetParametersByPathCommand(request), abort));
      for (const parameter of page.Parameters ?? []) {
        const [name, value] = stored(parameter);
        found.set(name, { ...value, modified: parameter.LastModifiedDate?.getTime() ?? 0 });
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  };
}

type Ask = <T>(
  deadline: Deadline,
  send: (client: SSMClient, abort: { readonly abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

function openClient({ region, endpoint, random }: ParameterStoreOptions): { ask: Ask; client: SSMClient } {
  const agents = openAgents(endpoint);
  const client = new SSMClient({
    region,
    // Retries and time limits are ours, so that a review's deadline holds.
    maxAttempts: 1,
    requestHandler: requestHandler(agents),
  });
  const rules: RetryRules = {
    tryMs: 1_000,
    totalMs: 2_000,
    isRetryable,
    beforeRetry: (error) => {
      if (!(error instanceof SSMServiceException)) discardIdle(agents);
    },
    isThrottling,
    ...(random && { random }),
  };
  const ask: Ask = async (deadline, send) => {
    try {
      return await retry(rules, deadline, (abortSignal) => send(client, { abortSignal }));
    } catch (error) {
      throw new ParametersUnavailable(`no answer from Parameter Store (${failureKind(error)})`, { cause: error });
    }
  };
  return { ask, client };
}

function stored({ Name = "", Value = "", Type }: Parameter): readonly [string, StoredParameter] {
  return [Name, { value: Value, secure: Type === "SecureString" }];
}

/** A connection failure, a timeout or a 5xx. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof SSMServiceException) || (error.$metadata.httpStatusCode ?? 0) >= 500;
}

/** All functions of the account share 40 reads a second unless more is paid for: a moment later one may be free. */
function isThrottling(error: unknown): boolean {
  return (
    error instanceof SSMServiceException && (isThrottlingCode(error.name) || error.$metadata.httpStatusCode === 429)
  );
}
