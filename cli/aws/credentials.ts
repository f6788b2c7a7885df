// The credentials that sign a token: those of the standard chain, or of a role that these assume.

import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { ClientConfig, Credentials } from "./client-config.ts";

export interface AssumeOptions {
  readonly role?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
  /** The session name of the credentials that assume the role, where these are a role's session themselves. */
  readonly forwardSessionName?: true;
}

/** Mappings may show it as `{SessionName}`. */
const DEFAULT_SESSION_NAME = "iam-authenticator";

export async function findCredentials(config: ClientConfig, options: AssumeOptions = {}): Promise<Credentials> {
  const { role, externalId, sessionName, forwardSessionName } = options;
  const client = new STSClient(config);
  try {
    if (role === undefined) return await client.config.credentials();
    const own = forwardSessionName ? await ownSessionName(client) : undefined;
    const RoleSessionName = sessionName ?? own ?? DEFAULT_SESSION_NAME;
    const { Credentials: assumed } = await client.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName, ExternalId: externalId }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error("STS answered AssumeRole without keys");
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    return { ...credentials, ...(Expiration !== undefined && { expiration: Expiration }) };
  } finally {
    client.destroy();
  }
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: `UserId` of a session is `<role>:<session>` */
async function ownSessionName(client: STSClient): Promise<string | undefined> {
  const { UserId = "" } = await client.send(new GetCallerIdentityCommand());
  const [, session] = UserId.split(":");
  return session;
}
