// Describes which certificates a cluster of a kubeconfig trusts.

import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { memberAt } from "../../functions/lib/json.ts";
import { readFileText } from "../io/files.ts";
import { certificateBlocks, describeCertificates, readCertificate } from "../model/certificates.ts";

/**
 * Returns whether the key is about the CA: kubectl rejects two CAs, and a CA without verification.
 */
export function isAuthority(key: string): boolean {
  return /^(certificate-authority(-data)?|insecure-skip-tls-verify)$/.test(key);
}

/**
 * Returns a phrase for the certificates that a cluster trusts. Phrases are equal if the
 * certificates are.
 *
 * @param cluster the fields of the cluster
 * @param kubeconfig the path of the file, to which the path of a CA is relative
 */
export function describeTrust(cluster: unknown, kubeconfig: string): string {
  if (memberAt(cluster, "insecure-skip-tls-verify") === true) return "any certificate";
  const data = memberAt(cluster, "certificate-authority-data");
  if (data !== undefined) return describeAuthority(Buffer.from(String(data), "base64").toString());
  const path = memberAt(cluster, "certificate-authority");
  if (path === undefined) return "the CAs of this machine";
  const file = resolve(dirname(kubeconfig), String(path));
  return describeAuthority(existsSync(file) ? readFileText(file) : "");
}

function describeAuthority(text: string): string {
  const blocks = certificateBlocks(text);
  const isValid = blocks.length > 0 && blocks.every((block) => readCertificate(block));
  return isValid ? `the CA ${describeCertificates(text)}` : "a CA that is not a certificate";
}
