// The services that a review waits for: how long, and what is remembered of their failures.

import type { Limits } from "../lib/guard.ts";

/**
 * Shorter than the 4 s of kube-apiserver's five tries, so that a service that is silent once costs
 * no login.
 */
const SILENT_MS = 2_000;

const ALL = { ms: SILENT_MS, of: "service" } as const;

export const SERVICES = {
  /**
   * By host. Otherwise a few tokens a second for a silent host would occupy all environments. Other
   * failures are not remembered: a host that resets connections costs little time.
   */
  sts: {
    ...{ tryMs: 2_000, totalMs: 4_000 },
    silence: { ms: SILENT_MS, of: "key" },
    failure: undefined,
  },
  /**
   * Silence for all names, since each name that is read would wait for it again. Other failures for
   * the same names, or the same path: while Parameter Store throttles, each read would cost two
   * calls.
   */
  parameterStore: {
    ...{ tryMs: 1_000, totalMs: 2_000 },
    silence: ALL,
    failure: { ms: 1_000, of: "key" },
  },
  /** For all instances. */
  ec2: { tryMs: 1_000, totalMs: 2_000, silence: ALL, failure: undefined },
  iam: { tryMs: 1_000, totalMs: 2_000, silence: ALL, failure: undefined },
  /**
   * By issuer. Short, since each review of its tokens is a fault until the next read. Every failure,
   * so that forged tokens cause no more requests.
   */
  tokenKeys: {
    ...{ tryMs: 1_000, totalMs: 2_000 },
    silence: { ms: 5_000, of: "key" },
    failure: { ms: 5_000, of: "key" },
  },
} as const satisfies Readonly<Record<string, Limits>>;
