// `token`: prints a token for kubectl, as an ExecCredential.

import type { Command } from "commander";
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
import { type ChosenCluster, clusterOf } from "../../cmdline/chosen-clusters.ts";
import { describe } from "../../cmdline/define.ts";
import { AWS, CLUSTER, readRoleArn, withOptions } from "../../cmdline/options.ts";
import { awsFailure, usage } from "../../io/errors.ts";

import { type Run, untilInterrupted } from "../../io/run.ts";
import { cachedCredentials } from "./credential-cache.ts";

interface TokenOptions extends AssumeOptions {
  readonly login?: true;
  readonly caller?: true;
  readonly jwt?: true;
  readonly tokenOnly?: true;
  readonly cache?: true;
}

export function tokenCommand(command: Command, run: Run): Command {
  describe(command, {
    details:
      "A token is valid for 15 minutes and for this cluster only. Anyone who has it can act as you: keep it out of logs. " +
      "With --jwt, STS signs the token, which IAM policies can restrict, and the function must accept it (JWT_ISSUERS).",
    examples: [
      "token --cluster prod --region eu-west-1",
      "token -c prod --role arn:aws:iam::111122223333:role/Admin --cache",
      "token -c prod --jwt --role arn:aws:iam::111122223333:role/Admin --cache",
      "token -c prod --caller --token-only > caller-token",
      (program) =>
        `${program} token -c prod --token-only | ${program} explain -c prod --token-file -`,
    ],
  });
  return withOptions(command, CLUSTER, AWS)
    .option("--role <arn>", "IAM role to assume first", readRoleArn)
    .option("--external-id <id>", "external id that the role's trust policy requires")
    .option("--session-name <name>", "session name of the assumed role")
    .option("--forward-session-name", "with --role: use your own session name or IAM user name")
    .option("--cache", "cache temporary credentials on disk until they expire")
    .option(
      "--login",
      "run `aws sso login` if the profile's session has expired and a terminal is there",
    )
    .option(
      "--caller",
      "sign for kube-apiserver as a caller of the function (callers add --arn), not for kubectl",
    )
    .option("--jwt", "get a token that AWS STS signs (sts:GetWebIdentityToken)")
    .option("--token-only", "print only the token, without ExecCredential")
    .action(async (options: TokenOptions) =>
      untilInterrupted(printToken(await clusterOf(command, run), options, run), run),
    );
}

async function printToken(cluster: ChosenCluster, options: TokenOptions, run: Run): Promise<void> {
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
