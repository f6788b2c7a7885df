// Whether IAM knows the issuer, and for which audiences.

import { GetOpenIDConnectProviderCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { providerName } from "../../../functions/issuer/trust-policy.ts";
import { watched } from "../../aws/calls.ts";
import type { ClientConfig } from "../../aws/client-config.ts";
import { toFailure } from "../../aws/errors.ts";
import type { Check } from "../../doctor/check.ts";
import type { IOStreams } from "../../terminal/io-streams.ts";
import { STS_AUDIENCE } from "../names.ts";

const check = "provider";

/** In the account of the credentials. */
export async function checkProvider(
  issuer: string,
  partition: string,
  config: ClientConfig,
  io: IOStreams,
): Promise<Check> {
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
      const advice = "deploy the issuer's stack, or make the provider in this account (docs/irsa.md)";
      return { check, state: "failed", seen: `IAM has no OIDC provider for ${issuer} in this account`, advice };
    }
    const failure = toFailure(error);
    if (failure === undefined) throw error;
    const advice = "allow iam:GetOpenIDConnectProvider here";
    return { check, state: "warning", seen: `not read: ${failure.message}`, advice };
  } finally {
    iam.destroy();
    sts.destroy();
  }
}
