// A local SSM Parameter Store for AWS SDKs and the AWS CLI: in memory for tests, in a folder for `npm start`. It has the
// service's rate limits.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm

import { type LocalRequest, type LocalResponse, type LocalServer, startHttpServer } from "../http-server.ts";
import {
  answerJson,
  callsPerSecond,
  type Input,
  jsonVerifier,
  operationOf,
  parseInput,
  throttled,
  unknownOperation,
} from "../protocols.ts";
import type { ServiceOptions } from "../signature.ts";
import { openFolder } from "./folder.ts";
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
import {
  memoryParameters,
  newest,
  type ParameterStorage,
  type ParameterType,
  type StoreLocation,
  writeParameter,
} from "./parameter.ts";

/** Calls per second, per account and region. */
interface Throughput {
  readonly reads: number;
  /** GetParametersByPath, if it has a separate quota. */
  readonly paths?: number;
  readonly writes: number;
}

/** For PutParameter, from AWS Support: https://github.com/github-aws-runners/terraform-aws-github-runner/issues/2944 */
export const DEFAULT_THROUGHPUT: Throughput = { reads: 40, writes: 3 };

/** With `/ssm/parameter-store/high-throughput-enabled`. */
export const HIGHER_THROUGHPUT: Throughput = { reads: 3_000, paths: 100, writes: 10 };

/** Throws the service's error if the operation exceeds its limit, or its caller has no valid signature. */
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

/** `open` returns the current parameters. `admit` throws if the caller may not call the operation. */
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

interface CommonOptions extends Partial<StoreLocation>, ServiceOptions {
  /** Modification time of new versions, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether responses have `now` in their header Date, as those of AWS have. Default: no such header. */
  readonly sendsDate?: boolean;
  /** Default: unlimited calls, and the service setting has its default. */
  readonly throughput?: Throughput;
}

export interface MemoryStoreOptions extends CommonOptions {
  /** Values by name; each has type String. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Maximum number of parameters; default: the standard tier's. */
  readonly limit?: number;
  readonly folder?: undefined;
}

interface FolderStoreOptions extends CommonOptions {
  /** `<folder>/role/111122223333/developers.yaml` becomes `<prefix>/role/111122223333/developers`. */
  readonly folder: string;
  readonly prefix: string;
  /** Called once for each file that cannot be served; prints to stderr by default. */
  readonly onProblem?: (message: string) => void;
}

export interface MemoryStore extends LocalServer {
  /** Creates or overwrites a parameter without the API but within its limits. Returns the version. */
  put(name: string, value: string, options?: { type?: ParameterType; tags?: Readonly<Record<string, string>> }): number;
  /** Returns false if the parameter does not exist. */
  remove(name: string): boolean;
}

/** With a folder, the store keeps parameters in its files; without one, in memory. */
export function startParameterStore(options: FolderStoreOptions): Promise<LocalServer>;

export function startParameterStore(options: MemoryStoreOptions): Promise<MemoryStore>;

export async function startParameterStore(
  options: FolderStoreOptions | MemoryStoreOptions,
): Promise<LocalServer | MemoryStore> {
  const { partition = "aws", region = "us-east-1", account = "111122223333", now = Date.now } = options;
  const location = { partition, region, account };
  const { throughput } = options;
  const verifySigned = jsonVerifier("ssm", region, options);
  const admit = throughput === undefined ? () => undefined : limitThroughput(throughput, now);
  const serve = (open: () => ParameterStorage): Promise<LocalServer> =>
    startHttpServer(
      (request) => {
        const { headers, ...answer } = answerSsm(request, open, location, (operation) => {
          verifySigned(request);
          admit(operation);
        });
        const date = options.sendsDate === true ? { date: new Date(now()).toUTCString() } : {};
        return { ...answer, headers: { ...headers, ...date } };
      },
      options.port,
      options.bridge,
    );
  if (options.folder !== undefined) {
    const { folder, prefix, onProblem = console.error } = options;
    const open = openFolder({ folder, prefix, onProblem }, location, now);
    // Reports problems at startup, and fails there if the folder is missing.
    open();
    return serve(open);
  }
  const kept = memoryParameters(now, options.limit);
  const put: MemoryStore["put"] = (name, value, { type = newest(kept, name)?.type ?? "String", tags } = {}) =>
    writeParameter(kept, location, { name, value, type, tags, overwrite: true }).version;
  for (const [name, value] of Object.entries(options.parameters ?? {})) put(name, value);
  const server = await serve(() => kept);
  return { ...server, put, remove: (name) => kept.remove(name) };
}
