// Every environment variable that the functions read, and whether the stack stores it in Parameter
// Store for the command (stored-settings.ts). The functions import only the type: `Read` takes no
// other name, so a new setting does not compile until it is in this table.

/**
 * `true`: the setting decides whom the function accepts or what it answers. Endpoints and log
 * levels belong to a machine.
 */
export const IS_STORED = {
  ACCOUNTS: true,
  AUDIENCES: true,
  AWS_ENDPOINT_URL: false,
  AWS_ENDPOINT_URL_EC2: false,
  AWS_ENDPOINT_URL_IAM: false,
  AWS_ENDPOINT_URL_SSM: false,
  AWS_ENDPOINT_URL_STS: false,
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: false,
  AWS_REGION: false,
  AWS_USE_DUALSTACK_ENDPOINT: false,
  AWS_USE_FIPS_ENDPOINT: false,
  CALLER_AUTH: false,
  CALLER_SUBJECTS: false,
  CLUSTER_ID: false,
  COMPARE_STORED_VALUES: false,
  FAILOVER_URL: false,
  ISSUER_URL: false,
  JWT_ISSUERS: true,
  JWT_KEYS_ENDPOINT: false,
  LIVE_ARN: false,
  LOG_LEVEL: false,
  MAPPING_PREFIX: false,
  NODE_REGION: true,
  NODE_VPCS: true,
  RESERVED_PREFIXES: true,
  STACK_NAME: false,
  STS_EXTRA_HOSTS: true,
  STS_HOSTS: true,
  STS_REGIONS: true,
  TOKENS: true,
  USER_INFO: true,
  VERSION_ARN: false,
} as const satisfies Readonly<Record<string, boolean>>;

export type Variable = keyof typeof IS_STORED;

export type StoredVariable = {
  [V in Variable]: (typeof IS_STORED)[V] extends true ? V : never;
}[Variable];
