// Provides the SDK's credentials in the bundle: from the environment, otherwise from a container's
// credential endpoint.

import { fromEnv } from "@aws-sdk/credential-provider-env";
import { memoize } from "@smithy/core/config";

type Init = NonNullable<Parameters<typeof fromEnv>[0]>;
type Credentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;

/** Renews credentials this long before they expire, like the SDK's own chain. */
const RENEW_MS = 5 * 60 * 1000;

/**
 * Replaces the export of this name of `@aws-sdk/credential-provider-node` (build/functions.ts).
 * Lambda and `sam local` set keys in the environment. `AWS_CONTAINER_CREDENTIALS_FULL_URI` is set
 * if keys must be renewed in a running process: only then is the code for it loaded. Profiles, SSO,
 * web identities and instance metadata do not exist where a function runs.
 */
export function defaultProvider(init: Init = {}): () => Promise<Credentials> {
  const provider = async (): Promise<Credentials> => {
    if (hasKeys()) return fromEnv(init)();
    const { fromHttp } = await import("@aws-sdk/credential-provider-http");
    return fromHttp(init)();
  };
  return memoize(provider, isEnding, ({ expiration }) => expiration !== undefined);
}

function hasKeys(): boolean {
  return Boolean(process.env["AWS_ACCESS_KEY_ID"] && process.env["AWS_SECRET_ACCESS_KEY"]);
}

function isEnding({ expiration }: Credentials): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < RENEW_MS;
}
