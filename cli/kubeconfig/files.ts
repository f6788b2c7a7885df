// What a caller proves its identity with, from the files that a command line names.

import { type Command, Option } from "commander";
import { usage } from "../errors.ts";
import { nameOf, readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { readAuthority, readClientCertificate, readClientKey } from "./pem.ts";
import { reviewUrl, type Webhook } from "./webhook.ts";

export interface WebhookFiles {
  readonly endpoint: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** `conflicting`: an option that already gives all of this. */
export function addWebhookFiles(command: Command, conflicting: readonly string[] = []): Command {
  const option = (flags: string, description: string, others: readonly string[] = []) =>
    new Option(flags, description).conflicts([...conflicting, ...others]);
  return command
    .addOption(option("--ca <file>", "the endpoint's CA, PEM (default: the system's CAs)"))
    .addOption(option("--token-file <file>", "the caller's bearer token (- for stdin)", ["clientCert"]))
    .addOption(option("--client-cert <file>", "the client certificate for mTLS, PEM"))
    .addOption(option("--client-key <file>", "its private key, PEM"));
}

export async function readWebhookFiles(files: WebhookFiles, io: IOStreams): Promise<Webhook> {
  const { endpoint, ca, tokenFile, clientCert, clientKey } = files;
  if ((clientCert === undefined) !== (clientKey === undefined))
    throw usage("--client-cert and --client-key must be given together.");
  return {
    server: reviewUrl(endpoint),
    ...(ca !== undefined && { ca: await readAuthority(ca, io) }),
    ...(tokenFile !== undefined && { token: await readCallerToken(tokenFile, io) }),
    ...(clientCert !== undefined &&
      clientKey !== undefined && {
        clientCertificate: {
          certificate: await readClientCertificate(clientCert, io),
          key: await readClientKey(clientKey, io),
        },
      }),
  };
}

/** What an HTTP header can carry. Another file by mistake would show only in kube-apiserver's log. */
async function readCallerToken(file: string, io: IOStreams): Promise<string> {
  const token = (await readText(file, io)).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw usage(`${nameOf(file)} holds no bearer token: it must be one line without spaces, of ASCII alone.`);
}
