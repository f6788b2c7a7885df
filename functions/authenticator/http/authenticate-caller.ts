// Authenticates the caller as CALLER_AUTH requires, before the review is read.

import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import { callersParameter, checkBearer } from "../caller/bearer.ts";
import { checkClientCertificate } from "../caller/client-certificate.ts";
import { timed } from "../review/record.ts";
import type { Settings } from "../settings.ts";
import type { Middleware, RequestContext } from "./request-context.ts";

export function authenticateCaller(settings: Settings, readCallers: ReadParameters): Middleware {
  const { callerAuth, callerSubjects, mappingPrefix } = settings;
  const parameter = callersParameter(mappingPrefix);

  async function check({ request, record, deadline }: RequestContext): Promise<void> {
    if (callerAuth === "mtls") checkClientCertificate(request.clientSubject, callerSubjects);
    if (callerAuth === "bearer") {
      const read: ReadParameters = async (...asked) => {
        record.cached.caller = false;
        const result = await readCallers(...asked);
        record.cached.caller = result.cached;
        if (result.stale) record.staleReads += 1;
        return result;
      };
      await checkBearer(request.authorization, parameter, read, deadline);
    }
  }
  return {
    before: ({ event }) => timed(event.record, "caller", event.deadline.clock, () => check(event)),
  };
}
