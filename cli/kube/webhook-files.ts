// The files in a kubeconfig for kube-apiserver: token, authority, client certificate.

import { usage } from "../io/errors.ts";
import { readText, shownFile, writeSecret } from "../io/files.ts";
import type { Run } from "../io/run.ts";
import { certificateBlocks, readCertificate } from "../model/certificates.ts";
import { reviewUrl, type Webhook } from "./kubeconfig.ts";

export interface WebhookFiles {
  readonly endpoint: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

export async function readWebhookFiles(files: WebhookFiles, run: Run): Promise<Webhook> {
  const { endpoint, ca, tokenFile, clientCert, clientKey } = files;
  if ((clientCert === undefined) !== (clientKey === undefined))
    throw usage("--client-cert and --client-key must be given together.");
  return {
    server: reviewUrl(endpoint),
    ...(ca !== undefined && { ca: await readAuthority(ca, run) }),
    ...(tokenFile !== undefined && { token: await readCallerToken(tokenFile, run) }),
    ...(clientCert !== undefined &&
      clientKey !== undefined && {
        clientCertificate: await readClientCertificate(clientCert, clientKey, run),
      }),
  };
}

/**
 * Reads the token, and rejects text that is not valid in an HTTP header: only kube-apiserver's log
 * would show a wrong file.
 */
async function readCallerToken(file: string, run: Run): Promise<string> {
  const token = (await readText(file, run)).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw usage(
    `${shownFile(file)} contains no bearer token: it must be one line of ASCII characters without spaces.`,
  );
}

const IS_KEY = /PRIVATE KEY/;

/** Reads the CA's certificates, without the text around them. */
export async function readAuthority(file: string, run: Run): Promise<string> {
  const expected = "Give the CA's certificate as PEM.";
  const blocks = certificates(await readText(file, run), "--ca", file, expected);
  const wrong = blocks.findIndex((block) => readCertificate(block) === undefined);
  if (wrong >= 0)
    throw problem("--ca", file, `certificate ${wrong + 1} is not valid X.509`, expected);
  return `${blocks.join("\n")}\n`;
}

async function readClientCertificate(file: string, keyFile: string, run: Run) {
  const certificate = await readText(file, run);
  const expected = "Give the client's certificate as PEM, and its key as --client-key.";
  certificates(certificate, "--client-cert", file, expected);
  const key = await readText(keyFile, run);
  if (!IS_KEY.test(key))
    throw problem("--client-key", keyFile, "it contains no private key", "Give the key as PEM.");
  return { certificate, key };
}

function certificates(text: string, option: string, file: string, expected: string): string[] {
  // In any block, even a truncated one.
  if (IS_KEY.test(text)) throw problem(option, file, "it contains a private key", expected);
  const blocks = certificateBlocks(text);
  if (blocks.length === 0) throw problem(option, file, "it contains no certificate", expected);
  return blocks;
}

function problem(option: string, file: string, what: string, expected: string) {
  return usage(`${option} ${shownFile(file)}: ${what}. ${expected}`);
}

/** Writes to `out`, or prints without it. Helm warns about a kubeconfig that others can read. */
export function writeKubeconfig(kubeconfig: string, out: string | undefined, run: Run): void {
  if (out === undefined || out === "-") run.print(kubeconfig);
  else {
    writeSecret(out, kubeconfig);
    run.log(`Wrote ${out}, which only you can read.\n`);
  }
}
