// The form of the issuers of AWS-signed tokens, which distinguishes them from other kinds of token.

/**
 * The issuer of an account's tokens, which `aws iam enable-outbound-web-identity-federation` returns:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
 */
export const AWS_ISSUER = /^https:\/\/[a-z0-9][a-z0-9-]{0,62}\.tokens\.sts\.global\.api\.aws$/;

/** The audience of a cluster. A cluster id has no slash, so a token for one cluster is never valid for another. */
export function jwtAudience(clusterId: string): string {
  return `iam-authenticator/${clusterId}`;
}
