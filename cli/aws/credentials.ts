// Gets the credentials that sign a token: those of the credential chain, or of a role assumed with them.

import type { IOStreams } from "../terminal/io-streams.ts";
import type { ClientConfig, Credentials } from "./client-config.ts";
import { usableCredentials } from "./credential-provider.ts";
import { unusableAnswer } from "./errors.ts";

export interface AssumeOptions {
  readonly role?: string;
  readonly externalId?: string;
  readonly sessionName?: string;
  /** Reuses the caller's session name if the caller is itself an assumed role. */
  readonly forwardSessionName?: true;
}

/** Mappings can use it as `{SessionName}`. */
const DEFAULT_SESSION_NAME = "iam-authenticator";

/** Ctrl-C aborts the calls. */
export async function findCredentials(
  config: ClientConfig,
  io: IOStreams,
  options: AssumeOptions = {},
): Promise<Credentials> {
  const { role, externalId, sessionName, forwardSessionName } = options;
  if (role === undefined) return config.credentials();
  const [{ STSClient, AssumeRoleCommand }, { watched }] = await Promise.all([
    import("@aws-sdk/client-sts"),
    import("./calls.ts"),
  ]);
  const client = watched(new STSClient(config), io);
  const own = forwardSessionName ? await ownSessionName(config, io) : undefined;
  const RoleSessionName = sessionName ?? own ?? DEFAULT_SESSION_NAME;
  const { Credentials: assumed } = await client.send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName, ExternalId: externalId }),
    { abortSignal: io.interrupted },
  );
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = assumed ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) throw unusableAnswer("STS AssumeRole", "it has no keys");
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    ...(Expiration !== undefined && { expiration: Expiration }),
  };
  return usableCredentials(credentials, "STS AssumeRole", io);
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html: `UserId` of a session is `<role>:<session>` */
async function ownSessionName(config: ClientConfig, io: IOStreams): Promise<string | undefined> {
  const { callerIdentity } = await import("./caller-identity.ts");
  return (await callerIdentity(config, io)).UserId.split(":")[1];
}
