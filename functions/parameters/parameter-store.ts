// Reads Parameter Store through the AWS SDK: all names of a review in one call, or all parameters
// below a path.

import {
  GetParametersByPathCommand,
  GetParametersCommand,
  type Parameter,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { openAgents } from "../aws/connections.ts";
import { serviceRetries } from "../aws/service-retries.ts";
import { fault } from "../errors.ts";
import type { Deadline } from "../lib/deadline.ts";
import { failureKind, retry } from "../lib/retry.ts";
import type { FetchParameters } from "./parameter-cache.ts";
import { type DatedParameter, READ_MS, type StoredParameter } from "./stored-parameter.ts";

interface ParameterStoreOptions {
  readonly region: string;
  /** A connection to it is opened early. */
  readonly endpoint: URL;
  /** Randomizes the wait of a throttled call. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * Returns all parameters directly below a path, by name. Throws `parameters_unavailable` for every
 * failure.
 */
export type FetchPath = (
  path: string,
  deadline: Deadline,
) => Promise<ReadonlyMap<string, DatedParameter>>;

interface ParameterStore {
  /**
   * Throws `parameters_unavailable` for every failure, since no failure proves anything about an
   * identity.
   */
  readonly fetchParameters: FetchParameters;
  /**
   * Warms up the SDK without a network call: the first run of its code takes ten times as long as
   * later ones.
   */
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
    throw fault("parameters_unavailable", "Parameter Store's answer omits requested names");
  };
  const warmUp = async (): Promise<void> => {
    const command = new GetParametersCommand({ Names: [] });
    // Replaces the connection, the innermost step: the SDK signs the request, drops it, and reads
    // this response.
    const response = { statusCode: 200, headers: {}, body: Buffer.from("{}") };
    command.middlewareStack.add(() => async () => ({ response }) as never, {
      step: "deserialize",
      priority: "low",
    });
    await client.send(command);
  };
  return { fetchParameters, warmUp };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html */
const PAGE = 10;

/**
 * Returns a function that never returns a part of the parameters: a failure of any page is a
 * failure.
 */
export function createPathReader(options: ParameterStoreOptions): FetchPath {
  const { ask } = openClient(options);
  return async (path, deadline) => {
    const found = new Map<string, DatedParameter>();
    let NextToken: string | undefined;
    do {
      const request = { Path: path, MaxResults: PAGE, NextToken };
      // AWS can return a short or empty page with a token for the next one.
      const page = await ask(deadline, (client, abort) =>
        client.send(new GetParametersByPathCommand(request), abort),
      );
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

function openClient({ region, endpoint, random }: ParameterStoreOptions): {
  ask: Ask;
  client: SSMClient;
} {
  const agents = openAgents(endpoint);
  const client = new SSMClient({
    region,
    endpoint: endpoint.href,
    // The endpoint's name says so. Otherwise the SDK would read these settings from the
    // environment.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    // The SDK does not retry: `retry` does, within the review's deadline.
    maxAttempts: 1,
    requestHandler: agents,
  });
  // All functions of an account share 40 reads per second by default, so a retry of a throttled one
  // can succeed a moment later.
  const rules = { ...serviceRetries(agents, random), totalMs: READ_MS };
  const ask: Ask = async (deadline, send) => {
    try {
      return await retry(rules, deadline, (abortSignal) => send(client, { abortSignal }));
    } catch (error) {
      throw fault(
        "parameters_unavailable",
        `no answer from Parameter Store (${failureKind(error)})`,
        { cause: error },
      );
    }
  };
  return { ask, client };
}

function stored({ Name = "", Value = "", Type }: Parameter): readonly [string, StoredParameter] {
  return [Name, { value: Value, secure: Type === "SecureString" }];
}
