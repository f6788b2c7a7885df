// Checks the OIDC provider, a token of kube-apiserver, and the tokens in Secrets.

import { GetOpenIDConnectProviderCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { IssuerKey } from "../../../functions/issuer/key.ts";
import { providerName } from "../../../functions/issuer/trust-policy.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { watched } from "../../aws/calls.ts";
import type { ClientConfig } from "../../aws/client-config.ts";
import { toFailure } from "../../aws/errors.ts";
import type { Check } from "../../doctor/check.ts";
import { Failure } from "../../errors.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { requestToken } from "../keys/key-source.ts";
import { readLegacyTokens } from "../keys/remaining-tokens.ts";
import type { Kubernetes } from "../kubernetes.ts";
import { shortList } from "../kubernetes-object.ts";
import { STS_AUDIENCE } from "../names.ts";

/** Checks the provider in the account of the credentials. */
export async function checkProvider(
  issuer: string,
  partition: string,
  config: ClientConfig,
  io: IOStreams,
): Promise<Check> {
  const check = "provider";
  const [iam, sts] = [watched(new IAMClient(config), io), watched(new STSClient(config), io)];
  const signal = io.interrupted;
  try {
    const { Account } = await sts.send(new GetCallerIdentityCommand(), { abortSignal: signal });
    const arn = `arn:${partition}:iam::${Account}:oidc-provider/${providerName(issuer)}`;
    const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn });
    const { ClientIDList = [] } = await iam.send(command, { abortSignal: signal });
    if (ClientIDList.includes(STS_AUDIENCE)) return { check, state: "ok", seen: arn };
    const advice = `add the audience ${STS_AUDIENCE} to the provider, unless every ServiceAccount names another`;
    return { check, state: "warning", seen: `${arn} has the audiences ${ClientIDList.join(", ") || "none"}`, advice };
  } catch (error) {
    if (error instanceof NoSuchEntityException) {
      const advice = "deploy the issuer's stack, or create the provider in this account (docs/irsa.md)";
      return { check, state: "failed", seen: `IAM has no OIDC provider for ${issuer} in this account`, advice };
    }
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    const isDenied = error instanceof Error && /^AccessDenied/.test(error.name);
    const advice = isDenied
      ? "allow iam:GetOpenIDConnectProvider here"
      : "check the network to STS and IAM, and run this again";
    return { check, state: "warning", seen: `not read: ${failure.message}`, advice };
  } finally {
    iam.destroy();
    sts.destroy();
  }
}

const WHO_AM_I = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

export async function checkToken(
  kubernetes: Kubernetes,
  issuer: string,
  served: readonly string[] | undefined,
): Promise<Check[]> {
  try {
    const { token, ...made } = await requestToken(kubernetes, STS_AUDIENCE);
    return [
      checkIssuer(made.issuer, issuer),
      ...(served === undefined ? [] : [checkSigner(made.kid, served)]),
      await checkAudiences(kubernetes, token),
    ];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = "allow create on serviceaccounts/token in default, or run this as an administrator";
    return [{ check: "token", state: "warning", seen: `not made: ${error.message}`, advice }];
  }
}

function checkIssuer(found: string, issuer: string): Check {
  const check = "token issuer";
  if (found === issuer) return { check, state: "ok", seen: found };
  const advice = "name this issuer first in --service-account-issuer (irsa flags), and keep the old one second";
  return { check, state: "failed", seen: `kube-apiserver signs for ${found}`, advice };
}

function checkSigner(kid: string, served: readonly string[]): Check {
  const check = "signing key";
  if (served.includes(kid)) return { check, state: "ok", seen: kid };
  return {
    check,
    state: "failed",
    seen: `${kid} is not served`,
    advice: "publish it (irsa keys publish --kubeconfig)",
  };
}

/** Tries to log in with the token, because the flag --api-audiences cannot be read. */
async function checkAudiences(kubernetes: Kubernetes, token: string): Promise<Check> {
  const check = "audiences";
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status, body } = await kubernetes.ask("POST", WHO_AM_I, review, token);
  if (status === 401) return { check, state: "ok", seen: "kube-apiserver rejects a token for AWS" };
  if (status !== 201 || !isObject(body)) {
    return { check, state: "warning", seen: `unknown: HTTP ${status}`, advice: "run this again" };
  }
  const advice = `remove ${STS_AUDIENCE} from --api-audiences: with it, anyone who gets a Pod's AWS token can log in to the cluster as that Pod`;
  return { check, state: "failed", seen: "a token for AWS logs in to kube-apiserver", advice };
}

/** `keys` are those of kube-apiserver. */
export async function checkLegacyTokens(kubernetes: Kubernetes, keys: readonly IssuerKey[]): Promise<Check> {
  const check = "legacy tokens";
  try {
    const tokens = await readLegacyTokens(kubernetes, keys);
    if (tokens.length === 0) return { check, state: "ok", seen: "no Secret contains a service account's token" };
    const rejected = tokens.filter(({ kid }) => kid === undefined).map(({ secret }) => secret);
    if (rejected.length > 0) {
      return {
        check,
        state: "failed",
        seen: `kube-apiserver accepts no key that signed the token of ${shortList(rejected)}`,
        advice:
          "add the public half of kube-controller-manager's --service-account-private-key-file to --service-account-key-file " +
          "on every node, or renew these tokens (docs/irsa-rotation.md)",
      };
    }
    const signed = Map.groupBy(tokens, ({ kid }) => kid ?? "");
    const parts = [...signed].map(([kid, found]) => `${kid} signed ${shortList(found.map(({ secret }) => secret))}`);
    const seen = `kube-apiserver accepts them as long as it has their keys: ${parts.join("; ")}`;
    return { check, state: "ok", seen };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const advice = "allow list on secrets, or run this as an administrator";
    return { check, state: "warning", seen: `not read: ${error.message}`, advice };
  }
}
