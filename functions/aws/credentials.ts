// Where the SDK gets credentials from in the bundle: the environment, or else a container's credential endpoint.

import { fromEnv } from "@aws-sdk/credential-provider-env";
import { fromHttp } from "@aws-sdk/credential-provider-http";
import { memoize } from "@smithy/core/config";

type Init = NonNullable<Parameters<typeof fromHttp>[0]>;
type Credentials = Awaited<ReturnType<ReturnType<typeof fromEnv>>>;

/** Before they end, as in the SDK's own chain, so that no request is signed with what ends on its way. */
const RENEW_MS = 5 * 60 * 1000;

/**
 * Stands in for the export of this name of `@aws-sdk/credential-provider-node` (infra/bundle/bundle.ts). Lambda and
 * `sam local` set keys in the environment; `AWS_CONTAINER_CREDENTIALS_FULL_URI` is set where keys have to be renewed in
 * a running process. Profiles, SSO, web identities and instance metadata are not found where a function runs.
 */
export function defaultProvider(init: Init = {}): () => Promise<Credentials> {
  const provider = async (): Promise<Credentials> => (hasKeys() ? fromEnv(init)() : fromHttp(init)());
  return memoize(provider, isEnding, ({ expiration }) => expiration !== undefined);
}

function hasKeys(): boolean {
  return Boolean(process.env["AWS_ACCESS_KEY_ID"] && process.env["AWS_SECRET_ACCESS_KEY"]);
}

function isEnding({ expiration }: Credentials): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < RENEW_MS;
}
