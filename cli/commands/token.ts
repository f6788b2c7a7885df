// `token`: the exec plugin that gives kubectl a token.

import type { Command } from "commander";
import { type AwsOptions, clientConfig } from "../aws/client-config.ts";
import { type AssumeOptions, findCredentials } from "../aws/credentials.ts";
import { CREDENTIALS_ENDED } from "../aws/errors.ts";
import { signToken } from "../aws/presign.ts";
import { newCommand } from "../command.ts";
import { EXIT, Failure, usage } from "../errors.ts";
import { untilInterrupted } from "../io/interrupt.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { addAws, addCluster, readRoleArn } from "../options.ts";
import { execCredential, requestedVersion } from "../token/exec-credential.ts";

interface TokenOptions extends AwsOptions, AssumeOptions {
  readonly cluster: string;
  readonly tokenOnly?: true;
}

export function tokenCommand(io: IOStreams): Command {
  const command = newCommand(io, {
    name: "token",
    summary: "print a token for kubectl, as an ExecCredential",
    details:
      "A token is valid for 15 minutes and for this cluster only. Anybody who has it can act as you: keep it out of logs.",
    examples: [
      "iam-authenticator token --cluster prod --region eu-west-1",
      "iam-authenticator token -c prod --role arn:aws:iam::111122223333:role/Admin",
      "iam-authenticator token -c prod --token-only | iam-authenticator explain -c prod --token-file -",
    ],
  });
  return addAws(addCluster(command))
    .option("--role <arn>", "IAM role to assume first", readRoleArn)
    .option("--external-id <id>", "external id that the role's trust policy asks for")
    .option("--session-name <name>", "session name of the assumed role")
    .option("--token-only", "print the token alone, without ExecCredential")
    .action((options: TokenOptions) => untilInterrupted(printToken(options, io), io));
}

async function printToken(options: TokenOptions, io: IOStreams): Promise<void> {
  if (options.role === undefined && (options.externalId ?? options.sessionName) !== undefined) {
    throw usage("--external-id and --session-name need --role.");
  }
  const version = requestedVersion(io.environment["KUBERNETES_EXEC_INFO"]);
  const { config, partition } = await clientConfig(options, io);
  const credentials = await findCredentials(config, options);
  const now = io.clock();
  const { region } = config;
  const signed = await signToken({ credentials, clusterId: options.cluster, region, domain: partition.domain, now });
  // kubectl would send it, be refused, and ask for another one, without end.
  if (signed.expiresAt <= now) throw new Failure(EXIT.fault, CREDENTIALS_ENDED);
  io.print(`${options.tokenOnly ? signed.token : execCredential(version, signed)}\n`);
}
