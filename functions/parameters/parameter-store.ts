// Reads Parameter Store through the AWS SDK: all names of a review in one call, or all parameters
// below a path.

import {
  GetParametersByPathCommand,
  type GetParametersByPathResult,
  GetParametersCommand,
  type Parameter,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { openAgents } from "../aws/connections.ts";
import { serviceRetries } from "../aws/service-retries.ts";
import { SERVICES } from "../aws/services.ts";
import { fault, isAuthenticatorError } from "../errors.ts";
import type { Clock } from "../lib/deadline.ts";
import { type Call, type Guarded, guard, type Transport } from "../lib/guard.ts";
import { failureKind } from "../lib/retry.ts";
import type { FetchParameters, StoredParameters } from "./parameter-cache.ts";
import type { DatedParameter, StoredParameter } from "./stored-parameter.ts";

interface ParameterStoreOptions {
  readonly region: string;
  /** A connection to it is opened early. */
  readonly endpoint: URL;
  /** Randomizes the wait of a throttled call. Default: `Math.random`. */
  readonly random?: () => number;
  readonly clock: Clock;
}

/**
 * Returns all parameters directly below a path, by name. Throws `parameters_unavailable` for every
 * failure.
 */
export type FetchPath = Call<string, ReadonlyMap<string, DatedParameter>>;

interface ParameterStore {
  /**
   * Throws `parameters_unavailable` for every failure, since no failure proves anything about an
   * identity.
   */
  readonly fetchParameters: Guarded<FetchParameters>;
  /**
   * Warms up the SDK without a network call: the first run of its code takes ten times as long as
   * later ones.
   */
  readonly warmUp: () => Promise<void>;
}

export function createParameterStore(options: ParameterStoreOptions): ParameterStore {
  const { client, transport } = openClient(options);
  const send: Transport<readonly string[], StoredParameters>["send"] = async (
    names,
    abortSignal,
  ) => {
    const { Parameters = [], InvalidParameters = [] } = await client.send(
      new GetParametersCommand({ Names: [...names] }),
      { abortSignal },
    );
    const parameters = new Map(Parameters.map(stored));
    if (names.every((name) => parameters.has(name) || InvalidParameters.includes(name)))
      return parameters;
    throw fault("parameters_unavailable", "Parameter Store's answer omits requested names");
  };
  const fetchParameters = guard(
    SERVICES.parameterStore,
    { ...transport, send, keyOf: String },
    options.clock,
  );
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
  const { client, transport } = openClient(options);
  const send = ({ path, NextToken }: PageRequest, abortSignal: AbortSignal) => {
    const request = { Path: path, MaxResults: PAGE, NextToken };
    return client.send(new GetParametersByPathCommand(request), { abortSignal });
  };
  const keyOf = ({ path }: PageRequest): string => path;
  return readPages(guard(SERVICES.parameterStore, { ...transport, send, keyOf }, options.clock));
}

interface PageRequest {
  readonly path: string;
  readonly NextToken: string | undefined;
}

function readPages(readPage: Guarded<Call<PageRequest, GetParametersByPathResult>>): FetchPath {
  return async (path, deadline) => {
    const parameters = new Map<string, DatedParameter>();
    let NextToken: string | undefined;
    do {
      // AWS can return a short or empty page with a token for the next one.
      const page = await readPage({ path, NextToken }, deadline);
      for (const parameter of page.Parameters ?? []) {
        const [name, value] = stored(parameter);
        parameters.set(name, { ...value, modified: parameter.LastModifiedDate?.getTime() ?? 0 });
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return parameters;
  };
}

function openClient({ region, endpoint, random }: ParameterStoreOptions) {
  const agents = openAgents(endpoint);
  const client = new SSMClient({
    region,
    endpoint: endpoint.href,
    // The endpoint's name says so. Otherwise the SDK would read these settings from the
    // environment.
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    // The SDK does not retry: the guard does, within the review's deadline.
    maxAttempts: 1,
    requestHandler: agents,
  });
  // All functions of an account share 40 reads per second by default, so a retry of a throttled one
  // can succeed a moment later.
  return { client, transport: { ...serviceRetries(agents, random), settle } };
}

function settle(error: unknown): never {
  if (isAuthenticatorError(error)) throw error;
  const kind = failureKind(error);
  throw fault("parameters_unavailable", `no answer from Parameter Store (${kind})`, {
    cause: error,
  });
}

function stored({ Name = "", Value = "", Type }: Parameter): readonly [string, StoredParameter] {
  return [Name, { value: Value, secure: Type === "SecureString" }];
}
