// Prints one log line and one line of metrics for each review, whatever its outcome.

import type { AuthenticatorError } from "../../errors.ts";
import { asAuthenticatorError } from "../../lib/as-authenticator-error.ts";
import { printRequest } from "../../telemetry/log-line.ts";
import type { Outcome, ReviewRecord } from "../review/record.ts";
import type { Settings } from "../settings.ts";
import { logEntry } from "./log-entry.ts";
import { metricsLine } from "./metrics-line.ts";
import type { Middleware, RequestContext } from "./request-context.ts";

/** Runs last. `lines` does not end with a newline. */
export function logReview({ clusterId, logLevel }: Settings, print: (lines: string) => void): Middleware {
  function leave(
    { record, deadline, version }: RequestContext,
    outcome: Outcome,
    error: AuthenticatorError | undefined,
  ): void {
    const now = deadline.clock();
    const metrics = metricsLine(record, outcome, error, clusterId, now, version);
    printRequest(logEntry(record, outcome, error, now), metrics, logLevel, print);
  }
  return {
    after: ({ event }) => leave(event, grantedOrNot(event.record), undefined),
    onError: ({ event, error }) => {
      const known = asAuthenticatorError(error);
      leave(event, known.outcome, known);
    },
  };
}

function grantedOrNot({ user }: ReviewRecord): Outcome {
  return user === undefined ? "not_ours" : "granted";
}
