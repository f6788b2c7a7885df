// The local services as tests start them: with the identities of one fixed secret, and an operator.
// A sandbox has a random one.

import { nodeServices } from "../local/aws/ec2.ts";
import type { LocalServer } from "../local/aws/http-server.ts";
import { type LogsOptions, startLogs as startLogsFor } from "../local/aws/logs/logs.ts";
import {
  memoryParameters,
  newest,
  type ParameterType,
  writeParameter,
} from "../local/aws/parameter-store/parameter.ts";
import {
  type StoreOptions,
  startParameterStore as startStore,
} from "../local/aws/parameter-store/parameter-store.ts";
import { startQueryServices as startQueryServicesFor } from "../local/aws/query-services.ts";
import { type StsOptions, startSts as startStsFor } from "../local/aws/sts/sts.ts";
import { localServices as localServicesOf, type ServiceUrls } from "../local/function.ts";
import {
  type LocalIdentity,
  localIdentities,
  localIdentity as localIdentityOf,
} from "../local/identities.ts";

const SECRET = "of-all-tests";

export const LOCAL_IDENTITIES = localIdentities(SECRET);

export function localIdentity(name: string): LocalIdentity {
  return localIdentityOf(name, SECRET);
}

/** Calls Parameter Store and other services; the local STS does not know it. */
export const OPERATOR: LocalIdentity = {
  name: "operator",
  accessKeyId: "AKIALOCALOPERATORAAA",
  secretAccessKey: "local/only",
  arn: "arn:aws:iam::111122223333:user/operator",
  account: "111122223333",
  userId: "AIDALOCALOPERATORAAAA",
};

/** Who may call the services. */
export const SIGNERS = { identities: [...LOCAL_IDENTITIES, OPERATOR] };

export function startSts(options: Partial<StsOptions> = {}) {
  return startStsFor({ identities: LOCAL_IDENTITIES, ...options });
}

interface MemoryStoreOptions extends Partial<StoreOptions> {
  /** Values by name; each has type String. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Maximum number of parameters; default: the standard tier's. */
  readonly limit?: number;
}

export interface MemoryStore extends LocalServer {
  /**
   * Creates or overwrites a parameter without the API but within its limits. Returns the version.
   */
  put(
    name: string,
    value: string,
    options?: {
      type?: ParameterType;
      tags?: Readonly<Record<string, string>>;
      description?: string;
    },
  ): number;
  /** Returns false if the parameter does not exist. */
  remove(name: string): boolean;
  /** The newest value, without the API; `undefined` if the parameter does not exist. */
  value(name: string): string | undefined;
}

/**
 * In memory. Accepts signatures of any time if it sends a date, from which clients take their time.
 */
export async function startParameterStore(options: MemoryStoreOptions = {}): Promise<MemoryStore> {
  const {
    partition = "aws",
    region = "us-east-1",
    account = "111122223333",
    now = Date.now,
  } = options;
  const kept = memoryParameters(now, options.limit);
  const put: MemoryStore["put"] = (
    name,
    value,
    { type = newest(kept, name)?.type ?? "String", tags, description } = {},
  ) =>
    writeParameter(
      kept,
      { partition, region, account },
      { name, value, type, tags, description, overwrite: true },
    ).version;
  for (const [name, value] of Object.entries(options.parameters ?? {})) put(name, value);
  const clock = options.sendsDate === true ? { clock: (signed: number) => signed } : {};
  const server = await startStore(() => () => kept, { ...SIGNERS, ...clock, ...options });
  return {
    ...server,
    put,
    remove: (name) => kept.remove(name),
    value: (name) => newest(kept, name)?.value,
  };
}

export function startLogs(options: Omit<LogsOptions, "identities">) {
  return startLogsFor({ ...SIGNERS, ...options });
}

export function startQueryServices(
  options: Omit<Parameters<typeof startQueryServicesFor>[0], "identities">,
) {
  return startQueryServicesFor({ ...SIGNERS, ...options });
}

/** With the instance of the identity `node`. */
export function startNodeInstance({ region }: { readonly region: string }) {
  return startQueryServicesFor({ ...SIGNERS, region, ...nodeServices(region) });
}

/** With the credentials of the function's role. */
export function localServices(region: string, urls: ServiceUrls) {
  return localServicesOf(region, urls, localIdentity("function"));
}
