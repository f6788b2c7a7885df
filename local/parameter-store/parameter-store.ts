// A local SSM Parameter Store for the AWS SDKs and the AWS CLI: in memory for tests, a folder of files for trying out.

import { type LocalServer, startHttpServer } from "../http-server.ts";
import { openFolder } from "./folder.ts";
import { memoryParameters } from "./memory.ts";
import { newest, type Parameters, type ParameterType, type StoreLocation } from "./parameter.ts";
import { answerSsm } from "./protocol.ts";
import { limitThroughput, type Throughput } from "./throughput.ts";
import { writeParameter } from "./write.ts";

interface CommonOptions extends Partial<StoreLocation> {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Milliseconds since 1970; stamps versions. */
  readonly now?: () => number;
  /** Without one, as many calls as come, and the setting says default: most tests are not about how fast they are. */
  readonly throughput?: Throughput;
}

export interface MemoryStoreOptions extends CommonOptions {
  /** Names and values, each a String. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** How many it holds; by default as many as the standard tier. */
  readonly limit?: number;
  readonly folder?: undefined;
}

export interface FolderStoreOptions extends CommonOptions {
  /** `<folder>/role/111122223333/developers.yaml` is the parameter `<prefix>/role/111122223333/developers`. */
  readonly folder: string;
  readonly prefix: string;
  /** Told of each file that cannot be served, when it is first seen; stderr by default. */
  readonly onProblem?: (message: string) => void;
}

export interface MemoryStore extends LocalServer {
  /** Writes behind the API's back but within its limits, over what is there; gives the version. */
  put(name: string, value: string, options?: { type?: ParameterType; tags?: Readonly<Record<string, string>> }): number;
  /** False when there was no such parameter. */
  remove(name: string): boolean;
}

/** A folder is read-only over the API; without one the store keeps everything in memory. */
export function startParameterStore(options: FolderStoreOptions): Promise<LocalServer>;
export function startParameterStore(options?: MemoryStoreOptions): Promise<MemoryStore>;
export async function startParameterStore(
  options: FolderStoreOptions | MemoryStoreOptions = {},
): Promise<LocalServer | MemoryStore> {
  const { partition = "aws", region = "us-east-1", account = "111122223333", port, now = Date.now } = options;
  const location = { partition, region, account };
  const { throughput } = options;
  const isHigher = (throughput?.paths ?? 0) > 0;
  const admit = throughput === undefined ? () => undefined : limitThroughput(throughput, now);
  const serve = (open: () => Parameters): Promise<LocalServer> =>
    startHttpServer((request) => answerSsm(request, open, location, admit, isHigher), port);
  if (options.folder !== undefined) {
    const { folder, prefix, onProblem = console.error } = options;
    const open = openFolder({ folder, prefix, onProblem }, location, now);
    // Opened once before the first request, so that problems are told, and a missing folder fails, at the start.
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
