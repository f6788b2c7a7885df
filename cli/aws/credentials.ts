// Whose token it is: the standard credential chain, and from there a role if one is asked for.

import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { findPlace, type Place, REQUEST_LIMITS } from "./connection.ts";
import type { Credentials } from "./presign.ts";

export interface CredentialOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly role?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
}

/** Mappings may show it as `{SessionName}`. */
const DEFAULT_SESSION_NAME = "iam-authenticator";

export async function findCredentials(options: CredentialOptions): Promise<Place & { credentials: Credentials }> {
  const { region, profile, role, externalId, sessionName = DEFAULT_SESSION_NAME } = options;
  const client = new STSClient({
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    requestHandler: REQUEST_LIMITS,
  });
  try {
    const place = await findPlace(() => client.config.region());
    if (role === undefined) return { ...place, credentials: await client.config.credentials() };
    const { Credentials: assumed } = await client.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: sessionName, ExternalId: externalId }),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw new Error("STS answered AssumeRole without keys");
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    return { ...place, credentials: { ...credentials, ...(Expiration !== undefined && { expiration: Expiration }) } };
  } finally {
    client.destroy();
  }
}
