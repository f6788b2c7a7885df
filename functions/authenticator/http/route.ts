// Accepts the only route: POST /authenticate.

import { MethodNotAllowed, PathUnknown } from "../../errors.ts";
import type { Middleware } from "./request-context.ts";

/** Checks the path before the method, so that a wrong URL is reported for every method. */
export function checkRoute(): Middleware {
  return {
    before: ({ event: { request } }) => {
      if (request.path !== "/authenticate") throw new PathUnknown("the only path is /authenticate");
      if (request.method !== "POST") throw new MethodNotAllowed("the only method is POST");
    },
  };
}
