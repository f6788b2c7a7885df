// Builds the issuer's two documents, byte for byte as kube-apiserver builds them for the same keys.
// https://github.com/kubernetes/kubernetes/blob/v1.37.2/pkg/serviceaccount/openidmetadata.go

import type { IssuerKey } from "./key.ts";

/** https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig */
export const DISCOVERY_PATH = "/.well-known/openid-configuration";
export const JWKS_PATH = "/openid/v1/jwks";

/** Returns the discovery document. `issuerUrl`: exactly the `iss` of the tokens. */
export function discoveryDocument(issuerUrl: string, keys: readonly IssuerKey[]): string {
  return JSON.stringify({
    issuer: issuerUrl,
    jwks_uri: `${issuerUrl}${JWKS_PATH}`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ alg }) => alg))].sort(),
  });
}

export function jwksDocument(keys: readonly IssuerKey[]): string {
  return JSON.stringify({ keys: keys.toSorted((a, b) => (a.kid < b.kid ? -1 : 1)) });
}
