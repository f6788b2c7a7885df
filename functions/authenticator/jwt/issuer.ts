// Issuers, audience and times of AWS-signed tokens that the function accepts.

import { PARTITIONS, type Partition } from "../../aws/partitions.ts";

const AWS_ISSUER = /^https:\/\/[a-z0-9][a-z0-9-]{0,62}\.tokens\.sts\.global\.(.+)$/;

/**
 * The partition of an issuer of AWS-signed tokens, which `aws iam enable-outbound-web-identity-federation` returns for an
 * account. `undefined` for any other issuer.
 */
export function partitionOfIssuer(issuer: unknown): Partition | undefined {
  const [, domain] = typeof issuer === "string" ? (AWS_ISSUER.exec(issuer) ?? []) : [];
  if (domain === undefined) return undefined;
  return PARTITIONS.find(({ tokenIssuerDomain }) => tokenIssuerDomain === domain);
}

export const MAX_LIFETIME_SECONDS = 900;
/** How far in the future a token may be signed: clocks differ. */
export const MAX_AHEAD_SECONDS = 60;

/** The audience of a cluster. A cluster id has no slash, so a token for one cluster is never valid for another. */
export function jwtAudience(clusterId: string): string {
  return `iam-authenticator/${clusterId}`;
}
