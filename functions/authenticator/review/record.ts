// What a review leaves behind: filled in step by step while it runs, written out as one log line and as metrics.

import type { Clock, EpochMs } from "../../lib/deadline.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { Evaluation } from "../mapping/evaluate.ts";
import type { UnverifiedToken } from "../token/token.ts";
import type { User } from "../user/user.ts";

/** How a review ended. */
export const OUTCOMES = [
  "granted",
  "denied",
  "not_ours",
  "throttled",
  "fault",
  "bad_request",
  "caller_refused",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Stage = "caller" | "token" | "identity" | "mapping" | "user";

/** One for each review, never shared. */
export interface ReviewRecord {
  /** Milliseconds since 1970. */
  readonly startedAt: EpochMs;
  readonly requestId: string | undefined;
  readonly coldStart: boolean;
  /** Milliseconds that each stage took, also one that failed. */
  readonly ms: Partial<Record<Stage, number>>;
  /** Whether a stage was answered without its service. */
  readonly cached: Partial<Record<Stage, boolean>>;
  /** Reads that were answered from memory because Parameter Store failed. */
  staleReads: number;
  tokenHash?: string;
  /** Holds the signature: never for a log. */
  token?: UnverifiedToken;
  identity?: VerifiedIdentity;
  /** Of each parameter that was read, in the order in which they count. */
  evaluations?: readonly Evaluation[];
  /** The parameter that counted. */
  parameter?: string | undefined;
  user?: User;
  stsRequestId?: string | undefined;
  invalidMappings: number;
}

export function newRecord(startedAt: EpochMs, requestId?: string, coldStart = false): ReviewRecord {
  return { startedAt, requestId, coldStart, ms: {}, cached: {}, invalidMappings: 0, staleReads: 0 };
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
