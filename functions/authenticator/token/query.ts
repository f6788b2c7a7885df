// Parses the query of a presigned GetCallerIdentity, and formats it in canonical order.

import { type Denial, denial } from "../../errors.ts";
import { decodeComponent, encodeComponent } from "./encoding.ts";

/** In the order of SigV4's canonical query: by byte. */
const NAMES = [
  "Action",
  "Version",
  "X-Amz-Algorithm",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-Security-Token",
  "X-Amz-Signature",
  "X-Amz-SignedHeaders",
] as const;

export type QueryName = (typeof NAMES)[number];
export type Query = Readonly<Record<Exclude<QueryName, "X-Amz-Security-Token">, string>> & {
  readonly "X-Amz-Security-Token"?: string;
};

const CANONICAL = new Map(NAMES.map((name) => [name.toLowerCase(), name]));

/**
 * Returns the values of the query. Requires every name except the security token's. Names that
 * differ only by case or percent-encoding are the same name: otherwise STS and this code could read
 * different ones (CVE-2022-2385).
 */
export function parseTokenQuery(text: string): Query {
  const values = new Map<QueryName, string>();
  for (const pair of text.split("&")) {
    const [rawName = "", rawValue, ...more] = pair.split("=");
    const name = decodeComponent(rawName);
    if (name === undefined || rawValue === undefined || more.length > 0) {
      throw parameterRefused("the query is not a list of percent-encoded name=value pairs");
    }
    const canonical = CANONICAL.get(name.toLowerCase());
    if (canonical === undefined) {
      throw parameterRefused(
        `unexpected query parameter${named(name)}; only GetCallerIdentity's are allowed`,
      );
    }
    if (values.has(canonical))
      throw parameterRefused(`query parameter ${canonical} appears more than once`);
    const value = decodeComponent(rawValue);
    if (!value)
      throw parameterRefused(`query parameter ${canonical} is empty or has an invalid encoding`);
    values.set(canonical, value);
  }
  checkClusterHeader(values.get("X-Amz-SignedHeaders"));
  const missing = NAMES.find((name) => name !== "X-Amz-Security-Token" && !values.has(name));
  if (missing !== undefined) throw parameterRefused(`query parameter ${missing} is missing`);
  return Object.fromEntries(values) as Query;
}

/**
 * Runs before the check for missing names: a client that does not sign the header often omits other
 * parameters too.
 */
function checkClusterHeader(signedHeaders: string | undefined): void {
  if (
    signedHeaders === undefined ||
    signedHeaders.toLowerCase().split(";").includes("x-k8s-aws-id")
  )
    return;
  throw denial(
    "token_headers_refused",
    "the header x-k8s-aws-id is not signed: the client must sign host and x-k8s-aws-id, whose value is the cluster's id",
  );
}

/** Returns the query that is sent to STS, built only from validated values. */
export function formatQuery(query: Query): string {
  return NAMES.filter((name) => query[name] !== undefined)
    .map((name) => `${name}=${encodeComponent(query[name] ?? "")}`)
    .join("&");
}

export function parameterRefused(message: string): Denial {
  return denial("token_parameter_refused", message);
}

/** Returns ` "name"` for a message. Empty for any unusual text, since an attacker can choose it. */
export function named(text: string): string {
  return /^[A-Za-z0-9-]{1,40}$/.test(text) ? ` "${text}"` : "";
}
