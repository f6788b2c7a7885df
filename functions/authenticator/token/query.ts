// The query of a presigned GetCallerIdentity: which names it may hold, each once, and the one order it is sent in.

import { TokenHeadersRefused, TokenParameterRefused } from "../../errors.ts";
import { decodeComponent, encodeComponent } from "./encoding.ts";

/** Canonical spelling, in the order of SigV4's canonical query: by byte. */
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
 * Splits and decodes; every name but the security token's is required. Two names that differ only by case or by
 * percent-encoding are the same name, or STS and this code could each read another one (CVE-2022-2385).
 */
export function parseQuery(text: string): Query {
  const found = new Map<QueryName, string>();
  for (const pair of text.split("&")) {
    const [rawName = "", rawValue, ...more] = pair.split("=");
    const name = decodeComponent(rawName);
    if (name === undefined || rawValue === undefined || more.length > 0) {
      throw new TokenParameterRefused("the query is not a list of percent-encoded name=value pairs");
    }
    const canonical = CANONICAL.get(name.toLowerCase());
    if (canonical === undefined) {
      throw new TokenParameterRefused(`unexpected query parameter${named(name)}; only GetCallerIdentity's are allowed`);
    }
    if (found.has(canonical)) throw new TokenParameterRefused(`query parameter ${canonical} appears more than once`);
    const value = decodeComponent(rawValue);
    if (!value) throw new TokenParameterRefused(`query parameter ${canonical} is empty or badly encoded`);
    found.set(canonical, value);
  }
  checkClusterHeader(found.get("X-Amz-SignedHeaders"));
  const missing = NAMES.find((name) => name !== "X-Amz-Security-Token" && !found.has(name));
  if (missing !== undefined) throw new TokenParameterRefused(`query parameter ${missing} is missing`);
  return Object.fromEntries(found) as Query;
}

/** Before what is missing: a client that does not sign the header leaves out other things too, and this explains them. */
function checkClusterHeader(signedHeaders: string | undefined): void {
  if (signedHeaders === undefined || signedHeaders.toLowerCase().split(";").includes("x-k8s-aws-id")) return;
  throw new TokenHeadersRefused(
    "the header x-k8s-aws-id is not signed: the client must sign host and x-k8s-aws-id, whose value is the cluster's id",
  );
}

/** What is sent to STS: built from the validated values alone. */
export function formatQuery(query: Query): string {
  return NAMES.filter((name) => query[name] !== undefined)
    .map((name) => `${name}=${encodeComponent(query[name] ?? "")}`)
    .join("&");
}

/** ` "name"` for a message, or nothing where the name could be anything: a client author looks for it, an attacker chose it. */
export function named(text: string): string {
  return /^[A-Za-z0-9-]{1,40}$/.test(text) ? ` "${text}"` : "";
}
