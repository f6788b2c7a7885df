// The local services as tests start them: with the identities of one fixed secret, and an operator. A sandbox has a random one.

import { startEc2 as startEc2For, startNodeInstance as startNodeInstanceFor } from "../local/aws/ec2.ts";
import { type LogsOptions, startLogs as startLogsFor } from "../local/aws/logs/logs.ts";
import {
  type MemoryStoreOptions,
  startParameterStore as startStore,
} from "../local/aws/parameter-store/parameter-store.ts";
import { type StsOptions, startSts as startStsFor } from "../local/aws/sts/sts.ts";
import { localServices as localServicesOf, type ServiceUrls } from "../local/function.ts";
import { type LocalIdentity, localIdentities, localIdentity as localIdentityOf } from "../local/identities.ts";

const SECRET = "of-all-tests";

export const LOCAL_IDENTITIES = localIdentities(SECRET);

export function localIdentity(name: string): LocalIdentity {
  return localIdentityOf(name, SECRET);
}

/** Calls Parameter Store and other services; the local STS does not know it. */
export const OPERATOR: LocalIdentity = {
  name: "operator",
  accessKeyId: "AKIALOCALOPERATORAAA",
  secretAccessKey: "local/only",
  arn: "arn:aws:iam::111122223333:user/operator",
  account: "111122223333",
  userId: "AIDALOCALOPERATORAAAA",
};

/** Who may call the services. */
export const SIGNERS = { identities: [...LOCAL_IDENTITIES, OPERATOR] };

export function startSts(options: Partial<StsOptions> = {}) {
  return startStsFor({ identities: LOCAL_IDENTITIES, ...options });
}

export function startParameterStore(options: Partial<MemoryStoreOptions> = {}) {
  return startStore({ ...SIGNERS, ...(options.sendsDate === true && { anyTime: true }), ...options });
}

export function startLogs(options: Omit<LogsOptions, "identities">) {
  return startLogsFor({ ...SIGNERS, ...options });
}

export function startEc2(options: Omit<Parameters<typeof startEc2For>[0], "identities">) {
  return startEc2For({ ...SIGNERS, ...options });
}

export function startNodeInstance(options: Omit<Parameters<typeof startNodeInstanceFor>[0], "identities">) {
  return startNodeInstanceFor({ ...SIGNERS, ...options });
}

/** With the credentials of the function's role. */
export function localServices(region: string, urls: ServiceUrls) {
  return localServicesOf(region, urls, localIdentity("function"));
}
