// What a caller proves itself by, from the files that a command line names.

import { type Command, Option } from "commander";
import { usage } from "../errors.ts";
import { readText } from "../io/files.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { reviewUrl, type Webhook } from "./webhook.ts";

export interface WebhookFiles {
  readonly endpoint: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** `conflicting`: the name of an option that says all of this already. */
export function addWebhookFiles(command: Command, conflicting: readonly string[] = []): Command {
  const option = (flags: string, description: string, others: readonly string[] = []) =>
    new Option(flags, description).conflicts([...conflicting, ...others]);
  return command
    .addOption(option("--ca <file>", "PEM of the CA behind the endpoint; default: the system's"))
    .addOption(option("--token-file <file>", "the caller's token (- for stdin)", ["clientCert"]))
    .addOption(option("--client-cert <file>", "PEM of the client certificate, for mTLS"))
    .addOption(option("--client-key <file>", "PEM of its key"));
}

export async function readWebhookFiles(files: WebhookFiles, io: IOStreams): Promise<Webhook> {
  const { endpoint, ca, tokenFile, clientCert, clientKey } = files;
  if ((clientCert === undefined) !== (clientKey === undefined)) throw usage("--client-cert goes with --client-key.");
  return {
    server: reviewUrl(endpoint),
    ...(ca !== undefined && { ca: await readPem(ca, io) }),
    ...(tokenFile !== undefined && { token: (await readText(tokenFile, io)).trim() }),
    ...(clientCert !== undefined &&
      clientKey !== undefined && {
        clientCertificate: { certificate: await readPem(clientCert, io), key: await readPem(clientKey, io) },
      }),
  };
}

async function readPem(file: string, io: IOStreams): Promise<string> {
  const pem = await readText(file, io);
  if (!pem.includes("-----BEGIN ")) throw usage(`${file} is no PEM file.`);
  return pem;
}
