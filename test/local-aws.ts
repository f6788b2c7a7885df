// The local services as tests start them: with the identities of one fixed secret. A sandbox has a random one.

import { type StsOptions, startSts as startStsFor } from "../local/aws/sts/sts.ts";
import { type LocalIdentity, localIdentities, localIdentity as localIdentityOf } from "../local/identities.ts";

const SECRET = "of-all-tests";

export const LOCAL_IDENTITIES = localIdentities(SECRET);

export function localIdentity(name: string): LocalIdentity {
  return localIdentityOf(name, SECRET);
}

export function startSts(options: Partial<StsOptions> = {}) {
  return startStsFor({ identities: LOCAL_IDENTITIES, ...options });
}
