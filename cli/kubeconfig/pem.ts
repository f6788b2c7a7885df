// PEM files as they go into a kubeconfig: certificates where certificates belong, and never a private key beside them.

import { X509Certificate } from "node:crypto";
import { usage } from "../errors.ts";
import { nameOf, readText } from "../terminal/files.ts";
import type { IOStreams } from "../terminal/io-streams.ts";

/** https://www.rfc-editor.org/rfc/rfc7468 */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[\s\S]*?-----END \1-----/g;
const IS_KEY = /PRIVATE KEY/;

/** The certificates of a CA, without the text around them. */
export async function readAuthority(file: string, io: IOStreams): Promise<string> {
  const blocks = certificates(await readText(file, io), "--ca", file, "Give the CA's certificate as PEM.");
  const wrong = blocks.findIndex((block) => !isX509(block));
  if (wrong >= 0) {
    throw problem("--ca", file, `certificate ${wrong + 1} is not valid X.509`, "Give the CA's certificate as PEM.");
  }
  return `${blocks.join("\n")}\n`;
}

export async function readClientCertificate(file: string, io: IOStreams): Promise<string> {
  const text = await readText(file, io);
  certificates(text, "--client-cert", file, "Give the client's certificate as PEM, and its key as --client-key.");
  return text;
}

export async function readClientKey(file: string, io: IOStreams): Promise<string> {
  const text = await readText(file, io);
  if (!IS_KEY.test(text)) throw problem("--client-key", file, "it holds no private key", "Give the key as PEM.");
  return text;
}

function certificates(text: string, option: string, file: string, expected: string): string[] {
  // In any block, and also in one that is cut off.
  if (IS_KEY.test(text)) throw problem(option, file, "it holds a private key", expected);
  const blocks = [...text.matchAll(BLOCK)].filter(([, label]) => label === "CERTIFICATE").map(([block]) => block);
  if (blocks.length === 0) throw problem(option, file, "it holds no certificate", expected);
  return blocks;
}

function isX509(block: string): boolean {
  try {
    return new X509Certificate(block).subject !== undefined;
  } catch {
    return false;
  }
}

function problem(option: string, file: string, what: string, expected: string) {
  return usage(`${option} ${nameOf(file)}: ${what}. ${expected}`);
}
