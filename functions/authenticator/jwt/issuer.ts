// Issuers, audience and times of AWS-signed tokens that the function accepts.

/**
 * The issuer of an account's tokens, which `aws iam enable-outbound-web-identity-federation` returns:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
 */
export const AWS_ISSUER = /^https:\/\/[a-z0-9][a-z0-9-]{0,62}\.tokens\.sts\.global\.api\.aws$/;

export const MAX_LIFETIME_SECONDS = 900;
/** How far in the future a token may be signed: clocks differ. */
export const MAX_AHEAD_SECONDS = 60;

/** The audience of a cluster. A cluster id has no slash, so a token for one cluster is never valid for another. */
export function jwtAudience(clusterId: string): string {
  return `iam-authenticator/${clusterId}`;
}
