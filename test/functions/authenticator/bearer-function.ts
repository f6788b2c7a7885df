// A function with CALLER_AUTH=bearer, before its first review, whose Parameter Store can fail.

import { hash } from "node:crypto";
import { createAuthenticator } from "../../../functions/authenticator/handler.ts";
import { fault } from "../../../functions/errors.ts";
import { deadlineIn } from "../../../functions/lib/deadline.ts";
import type { FetchParameters } from "../../../functions/parameters/parameter-cache.ts";
import {
  dependenciesOf,
  fakeServices,
  gatewayEvent,
  MAPPED,
  PREFIX,
  reviewBody,
  settingsWith,
  tokenOf,
} from "./fixtures.ts";

export const CALLER = "a-token-of-kube-apiserver";

export const callersOf = (token: string) => [
  { name: "kube-apiserver", sha256: hash("sha256", token) },
];

export function bearerFunction() {
  const store = { isDown: false };
  const working = fakeServices({ ...MAPPED, callers: callersOf(CALLER) });
  const { clock, calls, lines } = working;
  const fetchParameters: FetchParameters = async (...asked) => {
    if (!store.isDown) return working.fetchParameters(...asked);
    calls.ssm.push(asked[0]);
    throw fault("parameters_unavailable", "down");
  };
  const services = dependenciesOf({ ...working, fetchParameters });
  const { handler, prefetchCallers } = createAuthenticator(
    settingsWith({ callerAuth: "bearer" }),
    services,
  );
  return {
    ...working,
    store,
    handler,
    prefetch: () => prefetchCallers(deadlineIn(1_000, clock)),
    /** The status and the log line of a review of a new token. */
    async review({ bearer = CALLER, name = "bob" } = {}) {
      const headers = { authorization: `Bearer ${bearer}` };
      const { statusCode } = await handler(
        gatewayEvent(reviewBody(tokenOf(name, clock())), { headers }),
        {},
      );
      return { statusCode, log: JSON.parse(lines.at(-1) ?? "") };
    },
    callersRead: () => calls.ssm.filter((names) => names.includes(`${PREFIX}/callers`)).length,
  };
}
