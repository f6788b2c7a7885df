// What a user's kubeconfig needs, as Parameter Store has it: the server, and the CA of its
// certificate.

import { type Checked, invalid } from "../../functions/lib/checked.ts";
import { isObject, parseStored, repeatedKey } from "../../functions/lib/json.ts";
import { certificateBlocks, describeCertificates, readCertificate } from "./certificates.ts";
import { isServer, SERVER_RULE } from "./server-url.ts";

/** The kube-apiserver of a cluster. */
export interface PublishedCluster {
  /** An https:// URL. */
  readonly server: string;
  /** The CA's certificates, PEM. */
  readonly ca: string;
}

const FORMAT = 1;

/** Returns the value of the parameter, for `valueText`. */
export function publishedValue({ server, ca }: PublishedCluster): object {
  return { format: FORMAT, server, certificateAuthority: ca };
}

/**
 * Reads the parameter's value. Never throws. A `problem` completes "the value ...", and repeats
 * only the name of a key.
 */
export function parsePublished(text: string): Checked<PublishedCluster> {
  const value = parseStored(text);
  if (!isObject(value)) return invalid("is not a JSON object");
  const { format, server, certificateAuthority: ca, ...others } = value;
  if (typeof format === "number" && format > FORMAT)
    return invalid(`has format ${format}, which is newer than ${FORMAT}`);
  if (format !== FORMAT) return invalid(`must have format ${FORMAT}`);
  const repeated = repeatedKey(value);
  if (repeated !== undefined) return invalid(`repeats the key ${JSON.stringify(repeated)}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) return invalid(`has an unknown key ${JSON.stringify(unknown)}`);
  if (typeof server !== "string" || !isServer(server))
    return invalid(`must have a server: ${SERVER_RULE}`);
  if (typeof ca !== "string" || !isAuthority(ca))
    return invalid("must have a certificateAuthority: certificates in PEM, and nothing else");
  return { valid: true, value: { server, ca } };
}

function isAuthority(text: string): boolean {
  const blocks = certificateBlocks(text);
  const isOnly = blocks.join("") === text.replaceAll(/\n(?=-----BEGIN )|\n$/g, "");
  return blocks.length > 0 && isOnly && blocks.every((block) => readCertificate(block));
}

/** Returns a phrase with the server and its CA. */
export function describePublished({ server, ca }: PublishedCluster): string {
  return `${server}, CA ${describeCertificates(ca)}`;
}
