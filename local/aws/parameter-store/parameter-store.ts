// A local SSM Parameter Store for AWS SDKs and the AWS CLI: in memory for tests, from a folder for `npm start`.

import { type LocalServer, startHttpServer } from "../http-server.ts";
import { openFolder } from "./folder.ts";
import {
  memoryParameters,
  newest,
  type ParameterStorage,
  type ParameterType,
  type StoreLocation,
} from "./parameter.ts";
import { answerSsm } from "./protocol.ts";
import { limitThroughput, type Throughput } from "./throughput.ts";
import { writeParameter } from "./write.ts";

interface CommonOptions extends Partial<StoreLocation> {
  /** Default 0: any free port. */
  readonly port?: number;
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

export interface FolderStoreOptions extends CommonOptions {
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

/** With a folder, the API is read-only; without one, the store keeps parameters in memory. */
export function startParameterStore(options: FolderStoreOptions): Promise<LocalServer>;
export function startParameterStore(options?: MemoryStoreOptions): Promise<MemoryStore>;
export async function startParameterStore(
  options: FolderStoreOptions | MemoryStoreOptions = {},
): Promise<LocalServer | MemoryStore> {
  const { partition = "aws", region = "us-east-1", account = "111122223333", port, now = Date.now } = options;
  const location = { partition, region, account };
  const { throughput } = options;
  const admit = throughput === undefined ? () => undefined : limitThroughput(throughput, now);
  const serve = (open: () => ParameterStorage): Promise<LocalServer> =>
    startHttpServer((request) => {
      const { headers, ...answer } = answerSsm(request, open, location, admit);
      const date = options.sendsDate === true ? { date: new Date(now()).toUTCString() } : {};
      return { ...answer, headers: { ...headers, ...date } };
    }, port);
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
