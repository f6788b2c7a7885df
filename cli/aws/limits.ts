// How long a call to AWS may take: a network that is silent is no reason to wait for ever.

/** For the SDK's `requestHandler`. */
export const REQUEST_LIMITS = {
  connectionTimeout: 5_000,
  requestTimeout: 10_000,
  // Without it, the SDK prints a warning and waits on.
  throwOnRequestTimeout: true,
} as const;
