// Logs in as a Pod of another cluster: exchanges its service account token for a role session at STS.

import { readFileSync } from "node:fs";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { JWKS_PATH } from "../functions/issuer/documents.ts";
import { fetchIssuerKeys } from "./aws/sts/web-identity/issuer-documents.ts";
import type { LocalIdentity } from "./identities.ts";
import type { Sandbox } from "./sandbox.ts";
import { REGION, type SandboxFiles } from "./sandbox-settings.ts";
import { AUDIENCE, POD_ROLE_ARN, SERVICE_ACCOUNT, writeServiceAccountToken } from "./service-account.ts";
import { mintToken } from "./token.ts";

/** Returns one line per step, and the Pod's token for the cluster `clusterId`. */
export async function podLogin(
  files: SandboxFiles,
  sandbox: Sandbox,
  clusterId: string,
): Promise<{ readonly lines: readonly string[]; readonly token: string }> {
  const serviceAccountToken = await writeServiceAccountToken(files, sandbox.issuerUrl);
  // STS waits for 5 s only, less than the issuer's first start takes on a busy machine.
  await fetchIssuerKeys(sandbox.issuerUrl, { ca: readFileSync(files.issuerCa, "utf8"), timeoutMs: 60_000 });
  const session = await assumeRole(sandbox.stsUrl, serviceAccountToken);
  const { namespace, name } = SERVICE_ACCOUNT;
  return {
    token: await mintToken({ identity: session, clusterId, region: REGION }),
    lines: [
      `issuer: serves its key at ${sandbox.issuerUrl}${JWKS_PATH}`,
      `token: system:serviceaccount:${namespace}:${name}, for ${AUDIENCE}, signed by that key`,
      `AssumeRoleWithWebIdentity: ${session.arn}`,
    ],
  };
}

/** Assumes the role with only the token, as an AWS SDK in a Pod does. */
async function assumeRole(endpoint: string, WebIdentityToken: string): Promise<LocalIdentity> {
  const sts = new STSClient({ endpoint, region: REGION });
  const { Credentials, AssumedRoleUser } = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: POD_ROLE_ARN,
      RoleSessionName: "deployer-0",
      WebIdentityToken,
    }),
  );
  sts.destroy();
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials ?? {};
  const { Arn, AssumedRoleId } = AssumedRoleUser ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Arn || !AssumedRoleId) {
    throw new Error("AssumeRoleWithWebIdentity returned no credentials");
  }
  return {
    name: "pod",
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    arn: Arn,
    account: Arn.split(":")[4] ?? "",
    userId: AssumedRoleId,
  };
}
