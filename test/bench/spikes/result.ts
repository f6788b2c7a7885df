// The result of one load spike.

import type { Calls, ServiceName } from "./services.ts";

export interface SpikeResult {
  /** Seconds from the start. */
  readonly half: number;
  readonly most: number;
  readonly all: number;
  /** By when 5 %, 10 %, ... 100 % are logged in. */
  readonly curve: readonly number[];
  readonly lookUps: number;
  readonly failed: number;
  readonly requests: number;
  readonly gatewayThrottled: number;
  readonly lambdaThrottled: number;
  readonly calls: Readonly<Record<ServiceName, Calls>>;
  readonly environments: number;
  readonly usd: number;
  /** Responses that do not match the identity. */
  readonly wrong: readonly string[];
  /** Clients that never logged in. */
  readonly out: number;
}

/** Failed look-ups, and clients that never logged in. */
export function failures({ failed, out }: SpikeResult): string {
  return out === 0 ? String(failed) : `${failed}, ${out} never in`;
}
