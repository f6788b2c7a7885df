// The credentials that sign a token: those of the standard chain, or of a role that these assume.

import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import type { ClientConfig, Credentials } from "./client-config.ts";

export interface AssumeOptions {
  readonly role?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
}

/** Mappings may show it as `{SessionName}`. */
const DEFAULT_SESSION_NAME = "iam-authenticator";

export async function findCredentials(config: ClientConfig, options: AssumeOptions = {}): Promise<Credentials> {
  const { role, externalId, sessionName = DEFAULT_SESSION_NAME } = options;
  const client = new STSClient(config);
  try {
    if (role === undefined) return await client.config.credentials();
    const { Credentials: assumed } = await client.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: sessionName, ExternalId: externalId }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error("STS answered AssumeRole without keys");
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    return { ...credentials, ...(Expiration !== undefined && { expiration: Expiration }) };
  } finally {
    client.destroy();
  }
}
