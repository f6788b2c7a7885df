// What a review leaves behind: filled in step by step while it runs, written out as one log line and as metrics.

import type { AuthenticatorError } from "../../errors.ts";
import type { Clock } from "../../lib/deadline.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { User } from "../user/user.ts";

/** How a review ended. */
export type Outcome = AuthenticatorError["outcome"] | "granted" | "not_ours";

export type Stage = "caller" | "token" | "identity" | "mapping" | "user";

/** One for each review, never shared. */
export interface ReviewRecord {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly requestId: string | undefined;
  readonly coldStart: boolean;
  /** Milliseconds that each stage took, also one that failed. */
  readonly ms: Partial<Record<Stage, number>>;
  /** Whether a stage was answered without its service. */
  readonly cached: Partial<Record<Stage, boolean>>;
  tokenHash?: string;
  identity?: VerifiedIdentity;
  /** The parameter that counted. */
  parameter?: string | undefined;
  user?: User;
  stsRequestId?: string | undefined;
  invalidMappings: number;
}

/** Runs one stage and keeps its time. */
export async function timed<T>(
  record: ReviewRecord,
  stage: Stage,
  clock: Clock,
  run: () => T | Promise<T>,
): Promise<T> {
  const start = clock();
  try {
    return await run();
  } finally {
    record.ms[stage] = clock() - start;
  }
}
