// Checks kube-apiserver's keys, a token that it makes, and the tokens in Secrets.

import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { type Check, failed, ok, warning } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import { listed } from "../../terminal/print.ts";
import { requestToken } from "../keys/key-source.ts";
import { readLegacyTokens } from "../keys/remaining-tokens.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { STS_AUDIENCE } from "../names.ts";

type Attempt<T> =
  | { readonly read: T; readonly unread: readonly [] }
  | { readonly read?: undefined; readonly unread: readonly [Check] };

/** What `read` returns, or a warning if kube-apiserver refuses the request. */
export async function attempt<T>(
  check: string,
  permission: string,
  read: () => Promise<T>,
  problem = "not read",
): Promise<Attempt<T>> {
  try {
    return { read: await read(), unread: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = `${permission}, or run this as an administrator`;
    return { unread: [warning(check, `${problem}: ${error.message}`, advice)] };
  }
}

/**
 * `keys` are those of kube-apiserver's own JWKS. Another check fails if the key that signs now is not served: a retired key
 * may stay in kube-apiserver for tokens that AWS does not accept anyway, such as those in Secrets.
 */
export function checkClusterKeys(keys: readonly IssuerKey[], served: readonly string[]): Check {
  const check = "cluster keys";
  const missing = keys.map(({ kid }) => kid).filter((kid) => !served.includes(kid));
  if (missing.length === 0) return ok(check, "each key of kube-apiserver is served");
  const advice =
    "publish a key a day before a kube-apiserver signs with it (iam-authenticator irsa keys publish --kubeconfig <file>). If you have retired " +
    "it, this is correct until you remove it from kube-apiserver";
  return warning(check, `kube-apiserver accepts ${missing.join(", ")}, which the issuer does not serve`, advice);
}

/** `served`: key ids in the issuer's JWKS; `undefined` if it cannot be read. */
export async function checkToken(
  kubernetes: Kubernetes,
  issuer: string,
  served: readonly string[] | undefined,
): Promise<Check[]> {
  const permission = "allow create on serviceaccounts/token in default";
  const request = async () => {
    const token = await requestToken(kubernetes, STS_AUDIENCE);
    return { ...token, audiences: await checkAudiences(kubernetes, token.token) };
  };
  const made = await attempt("token", permission, request, "not made");
  if (made.read === undefined) return [...made.unread];
  const { kid, issuer: found, audiences } = made.read;
  const advice =
    "name this issuer first in --service-account-issuer (iam-authenticator irsa flags), and keep the old one second";
  return [
    found === issuer ? ok("token issuer", found) : failed("token issuer", `kube-apiserver signs for ${found}`, advice),
    ...(served === undefined ? [] : [checkSigner(kid, served)]),
    audiences,
  ];
}

function checkSigner(kid: string, served: readonly string[]): Check {
  const check = "signing key";
  if (served.includes(kid)) return ok(check, kid);
  const advice = "publish it: iam-authenticator irsa keys publish --kubeconfig <file>";
  return failed(check, `${kid} is not served`, advice);
}

/** Tries to log in with the token, because the flag --api-audiences cannot be read. */
async function checkAudiences(kubernetes: Kubernetes, token: string): Promise<Check> {
  const check = "audiences";
  const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status, body } = await kubernetes.ask("POST", path, review, token);
  if (status === 401) return ok(check, "kube-apiserver rejects a token for AWS");
  if (status !== 201 || !isObject(body)) return warning(check, `unknown: HTTP ${status}`, "run this again");
  const advice = `remove ${STS_AUDIENCE} from --api-audiences: with it, anyone who gets a Pod's AWS token can log in to the cluster as that Pod`;
  return failed(check, "a token for AWS logs in to kube-apiserver", advice);
}

/**
 * kube-apiserver accepts each token in a Secret only while it has the key of kube-controller-manager. `keys` are those of
 * kube-apiserver.
 */
export async function checkLegacyTokens(kubernetes: Kubernetes, keys: readonly IssuerKey[]): Promise<Check> {
  const check = "legacy tokens";
  const read = () => readLegacyTokens(kubernetes, keys);
  const { read: tokens, unread } = await attempt(check, "allow list on secrets", read);
  if (tokens === undefined) return unread[0];
  if (tokens.length === 0) return ok(check, "no Secret contains a service account's token");
  const rejected = tokens.filter(({ kid }) => kid === undefined).map(({ secret }) => secret);
  if (rejected.length > 0) {
    const advice =
      "add the public half of kube-controller-manager's --service-account-private-key-file to --service-account-key-file " +
      "on every node, or renew these tokens (docs/irsa-rotation.md)";
    return failed(check, `kube-apiserver accepts no key that signed the token of ${listed(rejected)}`, advice);
  }
  const signed = Map.groupBy(tokens, ({ kid }) => kid ?? "");
  const parts = [...signed].map(([kid, found]) => `${kid} signed ${listed(found.map(({ secret }) => secret))}`);
  return ok(check, `kube-apiserver accepts them as long as it has their keys: ${parts.join("; ")}`);
}
