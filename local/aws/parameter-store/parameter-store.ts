// A local SSM Parameter Store for AWS SDKs and the AWS CLI, with the service's rate limits: in
// memory for tests, in a folder for `npm start`.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm

import { setTimeout } from "node:timers/promises";
import {
  type LocalRequest,
  type LocalResponse,
  type LocalServer,
  ServiceError,
  startHttpServer,
} from "../http-server.ts";
import {
  answerJson,
  callsPerSecond,
  type Input,
  operationOf,
  parseInput,
  throttled,
  unknownOperation,
} from "../protocols.ts";
import { byAccessKey, type ServiceOptions, verify } from "../verification.ts";
import {
  deleteParameter,
  deleteParameters,
  getParameter,
  getParameterHistory,
  getParameters,
  getParametersByPath,
  listTagsForResource,
  putParameter,
} from "./operations.ts";
import type { ParameterStorage, StoreLocation } from "./parameter.ts";

/** Calls per second, per account and region. */
interface Throughput {
  readonly reads: number;
  /** GetParametersByPath, if it has a separate quota. */
  readonly paths?: number;
  readonly writes: number;
}

/**
 * For PutParameter, from AWS Support:
 * https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944
 */
export const DEFAULT_THROUGHPUT: Throughput = { reads: 40, writes: 3 };

/**
 * Throws the service's error if the operation exceeds its limit, or its caller has no valid
 * signature.
 */
type Admit = (operation: string) => void;

/** The quota of deletions is not documented; here they share PutParameter's. */
const COUNTED: Readonly<Record<string, keyof Throughput>> = {
  GetParameter: "reads",
  GetParameters: "reads",
  GetParametersByPath: "paths",
  PutParameter: "writes",
  DeleteParameter: "writes",
  DeleteParameters: "writes",
};

export function limitThroughput({ reads, paths, writes }: Throughput, now: () => number): Admit {
  const read = callsPerSecond(reads, now);
  const admits = {
    reads: read,
    paths: paths === undefined ? read : callsPerSecond(paths, now),
    writes: callsPerSecond(writes, now),
  };
  return (operation) => {
    const counted = COUNTED[operation];
    if (counted !== undefined && !admits[counted]()) throw throttled();
  };
}

type Operation = (parameters: ParameterStorage, location: StoreLocation, input: Input) => object;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DeleteParameter: deleteParameter,
  DeleteParameters: deleteParameters,
  GetParameter: getParameter,
  GetParameterHistory: getParameterHistory,
  GetParameters: getParameters,
  GetParametersByPath: getParametersByPath,
  ListTagsForResource: listTagsForResource,
  PutParameter: putParameter,
};

/**
 * Answers a request. `open` returns the current parameters. `admit` throws if the caller may not
 * call the operation.
 */
export function answerSsm(
  request: LocalRequest,
  open: () => ParameterStorage,
  location: StoreLocation,
  admit: Admit,
): LocalResponse {
  return answerJson(() => {
    const name = operationOf(request, "AmazonSSM");
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (operation === undefined) throw unknownOperation(request.method, name);
    admit(name);
    return operation(open(), location, parseInput(request.body));
  });
}

export interface StoreOptions extends Partial<StoreLocation>, ServiceOptions {
  /** Modification time of new versions, in milliseconds since 1970. */
  readonly now?: () => number;
  /**
   * Whether responses have `now` in their header Date, as those of AWS have. Default: no such
   * header.
   */
  readonly sendsDate?: boolean;
  /**
   * Called for each write. Until its promise settles, the store accepts no other write of the same
   * parameter. Default: for 2 ms.
   */
  readonly whileWriting?: () => Promise<unknown>;
  /** Default: unlimited calls, and the service setting has its default. */
  readonly throughput?: Throughput;
}

/** A guess: the service's is not documented. Longer ones would slow down tests with many writes. */
const WRITE_MS = 2;

/**
 * Returns the error of a write during another one:
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html#API_PutParameter_Errors
 */
function tooManyUpdates(): ServiceError {
  const message = "There are concurrent updates for a resource that supports one update at a time.";
  return new ServiceError("TooManyUpdates", message);
}

/**
 * Starts the server. `opened` returns a function that returns the current parameters, such as that
 * of `openFolder`.
 */
export async function startParameterStore(
  opened: (location: StoreLocation, now: () => number) => () => ParameterStorage,
  options: StoreOptions,
): Promise<LocalServer> {
  const {
    partition = "aws",
    region = "us-east-1",
    account = "111122223333",
    now = Date.now,
  } = options;
  const location = { partition, region, account };
  const identities = byAccessKey(options.identities);
  const rules = {
    servesRegion: (scoped: string) => scoped === region,
    ...options,
    identities,
    service: "ssm",
  };
  const admit =
    options.throughput === undefined ? () => undefined : limitThroughput(options.throughput, now);
  const open = opened(location, now);
  const writing = new Set<unknown>();
  // Reports problems at startup, and fails there if the folder is missing.
  open();
  return startHttpServer(
    async (request) => {
      let written: unknown;
      const { headers, ...answer } = answerSsm(request, open, location, (operation) => {
        verify(request, [], rules);
        admit(operation);
        if (operation !== "PutParameter") return;
        const { Name } = parseInput(request.body);
        if (writing.has(Name)) throw tooManyUpdates();
        writing.add(Name);
        written = Name;
      });
      if (written !== undefined) {
        await (options.whileWriting?.() ?? setTimeout(WRITE_MS));
        writing.delete(written);
      }
      const date = options.sendsDate === true ? { date: new Date(now()).toUTCString() } : {};
      return { ...answer, headers: { ...headers, ...date } };
    },
    options.port,
    options.bridge,
  );
}
