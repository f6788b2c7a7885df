// Authenticates the caller as CALLER_AUTH requires, before the review is read.

import { httpError } from "../../errors.ts";
import { callersParameter } from "../../parameters/names.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import { checkBearer } from "../caller/bearer.ts";
import type { ProveCaller } from "../caller/iam-callers.ts";
import { timed } from "../review/record.ts";
import type { Settings } from "../settings.ts";
import type { Middleware, ReviewRequest } from "./review-request.ts";

export function authenticateCaller(
  settings: Settings,
  readCallers: ReadParameters,
  proveCaller: ProveCaller,
): Middleware {
  const { callerAuth, callerSubjects, mappingPrefix } = settings;
  const parameter = callersParameter(mappingPrefix);

  async function checkToken({ request, record, deadline }: ReviewRequest): Promise<void> {
    const read: ReadParameters = async (...asked) => {
      record.cached.caller = false;
      const result = await readCallers(...asked);
      record.cached.caller = result.cached;
      if (result.stale) record.staleReads += 1;
      return result;
    };
    const unproven = await timed(record, "caller", deadline.clock, () =>
      checkBearer(request.authorization, parameter, read, deadline),
    );
    if (unproven !== undefined) await proveCaller(unproven, record, deadline);
  }

  return {
    before: async ({ event }) => {
      if (callerAuth === "bearer") return checkToken(event);
      const { request, record, deadline } = event;
      return timed(record, "caller", deadline.clock, () => {
        if (callerAuth === "mtls") checkClientCertificate(request.clientSubject, callerSubjects);
      });
    },
  };
}

/**
 * Throws `caller_refused` for another subject. `subjects` are complete subject DNs, or `*` for
 * every certificate that the truststore accepts. A request without a certificate came through an
 * endpoint that should be disabled, and is refused.
 */
export function checkClientCertificate(
  subject: string | undefined,
  subjects: readonly string[],
): void {
  if (!subject) throw httpError("caller_refused", "a client certificate is required");
  if (!subjects.includes("*") && !subjects.includes(subject)) {
    throw httpError(
      "caller_refused",
      `the client certificate's subject is not in CALLER_SUBJECTS: ${subject}`,
    );
  }
}
