// `token`: the exec plugin that gives kubectl a token.

import type { Command } from "commander";
import { type AwsOptions, clientConfig } from "../aws/client-config.ts";
import { type AssumeOptions, findCredentials } from "../aws/credentials.ts";
import { CREDENTIALS_ENDED } from "../aws/errors.ts";
import { signToken } from "../aws/presign.ts";
import { newCommand } from "../command.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import { addAws, addCluster, readRoleArn } from "../options.ts";
import { untilInterrupted } from "../terminal/interrupt.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { cachedCredentials } from "./credential-cache.ts";
import { execCredential, requestedVersion } from "./exec-credential.ts";

interface TokenOptions extends AwsOptions, AssumeOptions {
  readonly cluster: string;
  readonly tokenOnly?: true;
  readonly cache?: true;
}

export function tokenCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "token",
    summary: "print a token for kubectl, as an ExecCredential",
    details:
      "A token is valid for 15 minutes and for this cluster only. Anybody who has it can act as you: keep it out of logs.",
    examples: [
      "iam-authenticator token --cluster prod --region eu-west-1",
      "iam-authenticator token -c prod --role arn:aws:iam::111122223333:role/Admin --cache",
      "iam-authenticator token -c prod --token-only | iam-authenticator explain -c prod --token-file -",
    ],
  });
  return addAws(addCluster(command))
    .option("--role <arn>", "IAM role to assume first", readRoleArn)
    .option("--external-id <id>", "external id that the role's trust policy asks for")
    .option("--session-name <name>", "session name of the assumed role")
    .option("--forward-session-name", "with --role: keep your own session name, if you have one")
    .option("--cache", "keep temporary credentials on disk until they end")
    .option("--token-only", "print the token alone, without ExecCredential")
    .action((options: TokenOptions) => untilInterrupted(printToken(options, io), io));
}

async function printToken(options: TokenOptions, io: IOStreams): Promise<void> {
  const { role, externalId, sessionName, forwardSessionName } = options;
  if (role === undefined && (externalId ?? sessionName) !== undefined) {
    throw usage("--external-id and --session-name need --role.");
  }
  if (role === undefined && forwardSessionName) throw usage("--forward-session-name needs --role.");
  if (sessionName !== undefined && forwardSessionName) {
    throw usage("Give either --session-name or --forward-session-name.");
  }
  const version = requestedVersion(io.environment["KUBERNETES_EXEC_INFO"]);
  const { config, partition } = await clientConfig(options, io);
  const find = () => findCredentials(config, io, options);
  const { region, profile } = config;
  const clusterId = options.cluster;
  const decisive = { clusterId, region, profile, role, externalId, sessionName, forwardSessionName };
  const credentials = options.cache ? await cachedCredentials(decisive, find, io) : await find();
  const now = io.clock();
  const signed = await signToken({ credentials, clusterId, region, domain: partition.domain, now });
  // kubectl would send it, be refused, and ask for another one, without end.
  if (signed.expiresAt <= now) throw new Failure(EXIT.fault, CREDENTIALS_ENDED);
  io.printSecret(`${options.tokenOnly ? signed.token : execCredential(version, signed)}\n`);
}
