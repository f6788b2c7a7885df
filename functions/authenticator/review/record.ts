// The record of a review: filled while the review runs, then written as a log line and metrics.

import type { Clock, EpochMs } from "../../lib/deadline.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import type { UnverifiedJwt } from "../jwt/parse-jwt.ts";
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

export type Stage = "caller" | "callerIdentity" | "token" | "identity" | "mapping" | "user";

/** Each review has its own record. */
export interface ReviewRecord {
  readonly startedAt: EpochMs;
  readonly requestId: string | undefined;
  readonly coldStart: boolean;
  /** Whether the request says that it is a check of `doctor`. */
  unverifiedProbe?: boolean;
  /** Duration of each stage, including a failed one, in milliseconds. */
  readonly ms: Partial<Record<Stage, number>>;
  /** Whether a stage was answered from a cache. */
  readonly cached: Partial<Record<Stage, boolean>>;
  /** Number of reads that were answered from the cache because Parameter Store failed. */
  staleReads: number;
  tokenHash?: string;
  /** Contains the signature: never log it. */
  token?: UnverifiedToken | UnverifiedJwt;
  identity?: VerifiedIdentity;
  /** For each parameter that was read, in order of precedence. */
  evaluations?: readonly Evaluation[];
  /** The parameter that decided. */
  parameter?: string | undefined;
  user?: User;
  stsRequestId?: string | undefined;
  /** Whether the keys of an AWS-signed token could not be read, so that cached ones verified it. */
  keysFailed?: boolean;
  invalidMappings: number;
}

export function newRecord(startedAt: EpochMs, requestId?: string, coldStart = false): ReviewRecord {
  return { startedAt, requestId, coldStart, ms: {}, cached: {}, invalidMappings: 0, staleReads: 0 };
}

/** Runs one stage and records its duration. */
export async function timed<T>(
  record: ReviewRecord,
  stage: Stage,
  clock: Clock,
  run: () => T | Promise<T>,
) {
  const start = clock();
  try {
    return await run();
  } finally {
    record.ms[stage] = clock() - start;
  }
}
