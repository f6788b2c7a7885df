// The backend of kube-apiserver: a TLS gateway, the built bundle, and local AWS services.

import { hash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { mappingName, mappingValue } from "../../../local/aws/parameter-store/folder.ts";
import type { StsOptions } from "../../../local/aws/sts/sts.ts";
import {
  type CertificateAuthority,
  createCertificateAuthority,
} from "../../../local/certificates.ts";
import { type LocalFunction, startFunction } from "../../../local/function.ts";
import type { GatewayEvent } from "../../../local/gateway/gateway.ts";
import { startGateway } from "../../../local/gateway/gateway.ts";
import { CLUSTER_ID, REGION, SAMPLE_MAPPINGS } from "../../../local/sandbox-files.ts";
import {
  localServices,
  startNodeInstance,
  startParameterStore,
  startSts,
} from "../../local-aws.ts";

export const MAPPING_PREFIX = `/iam-authenticator/${CLUSTER_ID}`;

export interface BackendOptions
  extends Partial<Pick<StsOptions, "identities" | "webIdentity" | "signedTokens">> {
  readonly folder: string;
  readonly callerAuth?: "bearer" | "mtls";
  /** Parameters, by name; the list of callers is added. */
  readonly parameters: Readonly<Record<string, string>>;
  /** More settings of the function. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The other region's stack: accepts the same caller, by token or certificate. */
  readonly beside?: { readonly callerToken: string; readonly authority: CertificateAuthority };
  /** Called for each event, with the function's result and the time at which it got the event. */
  readonly onAnswer?: (event: GatewayEvent, result: unknown, from: number) => void;
}

export type Backend = Awaited<ReturnType<typeof startBackend>>;

export async function startBackend(options: BackendOptions) {
  const {
    folder,
    callerAuth = "bearer",
    parameters,
    beside,
    onAnswer,
    settings: more,
    ...ofSts
  } = options;
  const callerToken = beside?.callerToken ?? newCallerToken();
  const callers = callersParameter([callerToken]);
  const sts = await startSts(ofSts);
  const store = await startParameterStore({
    region: REGION,
    parameters: { ...parameters, ...callers },
  });
  const ec2 = await startNodeInstance({ region: REGION });
  const authority = createCertificateAuthority();
  const logFile = join(folder, "function.log");
  const environment = {
    CLUSTER_ID,
    CALLER_AUTH: callerAuth,
    ...(callerAuth === "mtls" && { CALLER_SUBJECTS: "*" }),
    ...localServices(REGION, { sts: sts.url, store: store.url, ec2: ec2.url }),
    ...more,
  };

  let deployed: LocalFunction = startFunction(environment, logFile);
  const { ca } = beside?.authority ?? authority;
  const openGateway = (failoverUrl?: string) =>
    startGateway({
      async handler(event, context) {
        const from = Date.now();
        const result = resolved(await deployed.handler(event, context));
        onAnswer?.(event as GatewayEvent, result, from);
        return result;
      },
      tls: { ...authority.server(), ca, requireClientCertificate: callerAuth === "mtls" },
      failoverUrl,
    });
  const gateway = await openGateway();

  return {
    url: `${gateway.url}/authenticate`,
    /** The authority of the gateway's certificate and of client certificates for `mtls`. */
    authority,
    callerToken,
    gateway,
    sts,
    store,
    ec2,
    /** One line per request of the function. */
    reviews: () =>
      readLines(logFile).filter((line): line is ReviewLine => line.outcome !== undefined),
    memory: () =>
      readLines(logFile).filter((line): line is MemoryLine => line.heapUsed !== undefined),
    /** Starts a new execution environment with an empty cache and additional settings. */
    redeploy(settings: Readonly<Record<string, string>> = {}) {
      deployed.close();
      deployed = startFunction({ ...environment, ...settings }, logFile);
    },
    /** Ends the function's process until `redeploy`, as if Lambda rejected every invocation. */
    kill: () => deployed.close(),
    /** Every invocation ends with an error until `redeploy`. */
    crash() {
      deployed.close();
      deployed = { ...deployed, handler: () => Promise.reject(new Error("the function crashed")) };
    },
    startGateway: openGateway,
    async stop() {
      await gateway.close();
      deployed.close();
      await Promise.all([sts.close(), store.close(), ec2.close()]);
    },
  };
}

/** A name, since FAILOVER_URL refuses an address. */
const STANDBY = "standby.example.com";

/** The FAILOVER_URL for a standby of these tests. */
export function failoverUrl(url: string): string {
  return url.replace("//127.0.0.1:", `//${STANDBY}:`);
}

/** Instead of DNS, in which kube-apiserver would look up the name. */
function resolved(result: unknown): unknown {
  const { headers } = result as { readonly headers?: Readonly<Record<string, string>> };
  const location = headers?.["location"];
  if (location === undefined) return result;
  return {
    ...(result as object),
    headers: { ...headers, location: location.replace(STANDBY, "127.0.0.1") },
  };
}

export interface ReviewLine {
  readonly outcome: string;
  readonly reason?: string;
}

/** In bytes, by report-memory.ts. */
interface MemoryLine {
  readonly heapUsed: number;
  readonly rss: number;
}

/** The function's log, oldest line first. */
function readLines(logFile: string): Partial<ReviewLine & MemoryLine>[] {
  // The last line may be incomplete.
  const lines = existsSync(logFile) ? readFileSync(logFile, "utf8").split("\n").slice(0, -1) : [];
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
}

export function newCallerToken(): string {
  return randomBytes(32).toString("base64url");
}

/** The parameter with the list of callers, which contains only hashes. */
export function callersParameter(tokens: readonly string[]): Record<string, string> {
  const callers = tokens.map((token, index) => ({
    name: `caller-${index + 1}`,
    sha256: hash("sha256", token, "hex"),
  }));
  return { [`${MAPPING_PREFIX}/callers`]: JSON.stringify(callers) };
}

/** The sample mappings of `npm start`: values by name. */
export function sandboxMappings(): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const entry of readdirSync(SAMPLE_MAPPINGS, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const name = mappingName(relative(SAMPLE_MAPPINGS, file).split(sep));
    if (!entry.isFile() || name === undefined) continue;
    parameters[`${MAPPING_PREFIX}/${name}`] = mappingValue(file, readFileSync(file, "utf8"));
  }
  return parameters;
}
