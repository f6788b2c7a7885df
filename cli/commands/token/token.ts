// `token`: prints a token for kubectl, as an ExecCredential.

import { memberAt, parseJson } from "../../../functions/lib/json.ts";
import { callerIdOf } from "../../../functions/settings/common.ts";
import { clientConfig } from "../../aws/client.ts";
import { CREDENTIALS_ENDED } from "../../aws/errors.ts";
import {
  type AssumeOptions,
  findCredentials,
  getSignedToken,
  type SignedToken,
  signToken,
} from "../../aws/tokens.ts";
import type { ChosenCluster } from "../../cmdline/chosen-clusters.ts";
import { awsFailure, usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { cachedCredentials } from "./credential-cache.ts";

interface TokenOptions extends AssumeOptions {
  readonly login?: true;
  readonly caller?: true;
  readonly jwt?: true;
  readonly tokenOnly?: true;
  readonly cache?: true;
}

export async function printToken(
  cluster: ChosenCluster,
  options: TokenOptions,
  run: Run,
): Promise<void> {
  const { role, externalId, sessionName, forwardSessionName } = options;
  if (role === undefined && (externalId ?? sessionName) !== undefined) {
    throw usage("--external-id and --session-name need --role.");
  }
  if (role === undefined && forwardSessionName) throw usage("--forward-session-name needs --role.");
  if (sessionName !== undefined && forwardSessionName) {
    throw usage("Give either --session-name or --forward-session-name.");
  }
  if (options.jwt && options.caller)
    throw usage("Give either --jwt or --caller: callers need a presigned token.");
  const version = requestedVersion(run.environment["KUBERNETES_EXEC_INFO"]);
  const login = options.login === true && canSignIn(run);
  const { config, partition } = await clientConfig({ ...cluster, login }, run);
  const find = () => findCredentials(config, run, options);
  const { region, profile } = config;
  const clusterId = options.caller ? callerIdOf(cluster.cluster) : cluster.cluster;
  const decisive = {
    clusterId,
    region,
    profile,
    role,
    externalId,
    sessionName,
    forwardSessionName,
  };
  const credentials = await (options.cache ? cachedCredentials(decisive, find, run) : find());
  const now = run.clock();
  const signed = options.jwt
    ? await getSignedToken({ config, credentials, clusterId }, run)
    : await signToken({ credentials, clusterId, region, domain: partition.domain, now });
  // kubectl would send it, fail, and request another one, in an endless loop.
  if (signed.expiresAt <= now) throw awsFailure(CREDENTIALS_ENDED);
  run.printSecret(`${options.tokenOnly ? signed.token : execCredential(version, signed)}\n`);
}

const GROUP = "client.authentication.k8s.io";

const API_VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];

/** The version that other clients return without KUBERNETES_EXEC_INFO, for example in a shell. */
const DEFAULT_VERSION = `${GROUP}/v1beta1`;

/**
 * Returns the version of ExecCredential to print. `execInfo` is KUBERNETES_EXEC_INFO. client-go
 * refuses any version other than the one it wrote there.
 */
function requestedVersion(execInfo: string | undefined): string {
  if (!execInfo) return DEFAULT_VERSION;
  const version = memberAt(parseJson(execInfo), "apiVersion");
  const known = API_VERSIONS.find((candidate) => candidate === version);
  if (known === undefined) {
    throw usage(
      `KUBERNETES_EXEC_INFO must request ${API_VERSIONS.join(" or ")}: correct the kubeconfig's apiVersion.`,
    );
  }
  return known;
}

export function execCredential(apiVersion: string, { token, expiresAt }: SignedToken): string {
  // Rounded down to seconds, so that it is never later than the credentials' expiry.
  const expirationTimestamp = `${new Date(expiresAt).toISOString().slice(0, 19)}Z`;
  return JSON.stringify({
    kind: "ExecCredential",
    apiVersion,
    spec: {},
    status: { expirationTimestamp, token },
  });
}

/** Returns whether there is a user to sign in. client-go tells an exec plugin. */
function canSignIn({ environment, interactive }: Run): boolean {
  const info = environment["KUBERNETES_EXEC_INFO"];
  return info ? memberAt(parseJson(info), "spec", "interactive") === true : interactive;
}
