// Starts the `npm start` sandbox: local AWS services, the function, the issuer, the gateway, and a
// folder of files for the user.

import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { settingsParameter } from "../functions/parameters/names.ts";
import { defaultStackName } from "../functions/settings/stack.ts";
import { storedSettingsText } from "../functions/settings/stored-settings.ts";
import packageJson from "../package.json" with { type: "json" };
import { nodeServices } from "./aws/ec2.ts";
import { principalsOfIdentities } from "./aws/iam.ts";
import { DEFAULT_LOGS_THROUGHPUT, eventsOfFile, startLogs } from "./aws/logs/logs.ts";
import { openFolder } from "./aws/parameter-store/folder.ts";
import { DEFAULT_THROUGHPUT, startParameterStore } from "./aws/parameter-store/parameter-store.ts";
import { startQueryServices } from "./aws/query-services.ts";
import { startSts } from "./aws/sts/sts.ts";
import { localServices, startFunction } from "./function.ts";
import { startGateway } from "./gateway/gateway.ts";
import { localIdentities, localIdentity } from "./identities.ts";
import { startIssuer } from "./issuer.ts";
import { portsOf, type ServiceName } from "./ports.ts";
import {
  CLUSTER_ID,
  keepCertificate,
  keepSecret,
  LOG_GROUP,
  REGION,
  readSecret,
  SAMPLE_MAPPINGS,
  type SandboxFiles,
  TOKEN_ISSUERS,
} from "./sandbox-files.ts";
import {
  localPodRole,
  localProvider,
  POD_ROLE_ARN,
  publishServiceAccountKey,
} from "./service-account.ts";
import { readWebhook, writeWebhook } from "./webhook.ts";

const FUNCTION_NAME = "authenticator";

export interface Sandbox {
  /** The webhook URL, for TokenReviews. */
  readonly endpoint: string;
  readonly stsUrl: string;
  readonly parameterStoreUrl: string;
  readonly issuerUrl: string;
  /** EC2, IAM, CloudFormation and Lambda. */
  readonly queryUrl: string;
  /** CloudWatch Logs, with the function's log as LOG_GROUP. */
  readonly logsUrl: string;
  readonly functionPid: number | undefined;
  /** The services whose port of the last start another program uses, with that port. */
  readonly movedFrom: Readonly<Partial<Record<ServiceName, number>>>;
  /** Also serves the endpoint at another address of this machine, with the same port. */
  listenAt(host: string): Promise<void>;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** The files of a running sandbox, which has the same caller and keys. */
  readonly standbyFiles?: SandboxFiles | undefined;
  /** STS and Parameter Store also listen at this address, for containers. */
  readonly bridge?: string | undefined;
  /**
   * Whether the function accepts AWS-signed tokens. Most functions do not: where one does,
   * `mappings deny <name>` writes patterns instead of the name.
   */
  readonly acceptsSignedTokens?: boolean;
  /** More variables of the function. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Creates missing files and keeps mappings of an earlier start. */
export async function startSandbox(
  files: SandboxFiles,
  { standbyFiles, bridge, acceptsSignedTokens = false, settings = {} }: SandboxOptions = {},
): Promise<Sandbox> {
  const standby = standbyFiles && readWebhook(standbyFiles);
  const secret = keepSecret(files, standbyFiles && readSecret(standbyFiles));
  for (const old of [files.log, files.issuerLog, files.env, files.envFish])
    rmSync(old, { force: true });
  if (!existsSync(files.mappings)) {
    cpSync(SAMPLE_MAPPINGS, files.mappings, { recursive: true });
  }
  publishServiceAccountKey(files);
  const certificate = keepCertificate(files);
  const { ca, ...tls } = certificate;
  const { onPort, writePorts } = portsOf(files);
  const prefix = `/iam-authenticator/${CLUSTER_ID}`;
  const region = REGION;
  const identities = localIdentities(secret);
  /** The identity of both functions. */
  const identity = localIdentity("function", secret);

  const store = await onPort("store", (port) =>
    startParameterStore(
      (location, now) => openFolder({ folder: files.mappings, prefix }, location, now),
      { region, identities, bridge, throughput: DEFAULT_THROUGHPUT, port },
    ),
  );
  const issuer = await onPort("issuer", (port) =>
    startIssuer({
      clusterId: CLUSTER_ID,
      region,
      storeUrl: store.url,
      logFile: files.issuerLog,
      identity,
      certificate,
      port,
    }),
  );
  const provider = localProvider(issuer.url);
  const podRole = localPodRole(provider);
  const sts = await onPort("sts", (port) =>
    startSts({
      identities,
      webIdentity: { providers: [provider], roles: [podRole], ca },
      signedTokens: { issuers: TOKEN_ISSUERS },
      bridge,
      port,
    }),
  );
  // These services read both for each request. Their content follows: it has URLs of later
  // services.
  const outputs: Record<string, string> = { LogGroup: LOG_GROUP, FunctionName: FUNCTION_NAME };
  const functions: Record<string, Readonly<Record<string, string>>> = {};
  const query = await onPort("query", (port) =>
    startQueryServices({
      region,
      identities,
      ...nodeServices(region),
      tokenIssuers: TOKEN_ISSUERS,
      principals: new Map([...principalsOfIdentities(region), [POD_ROLE_ARN, podRole.roleId]]),
      functions,
      stacks: { [defaultStackName(CLUSTER_ID)]: outputs },
      port,
    }),
  );

  const environment = {
    CLUSTER_ID,
    CALLER_AUTH: "bearer",
    ...(acceptsSignedTokens && signedTokenSettings(sts.url)),
    ...settings,
    ...localServices(region, { sts: sts.url, store: store.url, ec2: query.url }, identity),
  };
  const authenticator = startFunction(environment, files.log);
  // Lambda does not return its own variables, such as the keys of the function's role.
  const own = Object.entries(environment).filter(([name]) => !name.startsWith("AWS_"));
  functions[FUNCTION_NAME] = Object.fromEntries(own);
  storeSettings(files, prefix, environment);
  const logs = await onPort("logs", (port) =>
    startLogs({
      region,
      identities,
      groups: { [LOG_GROUP]: () => eventsOfFile(files.log) },
      throughput: DEFAULT_LOGS_THROUGHPUT,
      port,
    }),
  );

  const { handler, pid } = authenticator;
  const gatewayOptions = { handler, tls, failoverUrl: standby?.server };
  const gateway = await onPort("gateway", (port) => startGateway({ ...gatewayOptions, port }));
  const gateways = [gateway];
  const endpoint = `${gateway.url}/authenticate`;
  outputs["Endpoint"] = endpoint;
  writeWebhook(files, endpoint, ca, standby);
  return {
    endpoint,
    stsUrl: sts.url,
    parameterStoreUrl: store.url,
    issuerUrl: issuer.url,
    queryUrl: query.url,
    logsUrl: logs.url,
    functionPid: pid,
    movedFrom: writePorts(),
    async listenAt(host) {
      const port = Number(new URL(endpoint).port);
      gateways.push(await startGateway({ ...gatewayOptions, host, port }));
    },
    async close() {
      await Promise.all([...gateways, issuer].map((server) => server.close()));
      authenticator.close();
      await Promise.all([sts.close(), store.close(), query.close(), logs.close()]);
    },
  };
}

/** Returns the variables of a function that accepts AWS-signed tokens of the local STS. */
function signedTokenSettings(stsUrl: string): Readonly<Record<string, string>> {
  const issuers = Array.from(TOKEN_ISSUERS, ([account, url]) => `${account}=${url}`);
  return { JWT_ISSUERS: issuers.join(), JWT_KEYS_ENDPOINT: stsUrl };
}

/** Stores the function's settings for the command, as a stack does. */
function storeSettings(
  { mappings }: SandboxFiles,
  prefix: string,
  environment: Readonly<Record<string, string>>,
): void {
  const file = join(mappings, `${settingsParameter(prefix, CLUSTER_ID).slice(prefix.length)}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    storedSettingsText(environment, { version: packageJson.version, nodeLookup: true }),
  );
}
