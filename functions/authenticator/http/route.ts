// The one route there is: POST /authenticate.

import { MethodNotAllowed, PathUnknown } from "../../errors.ts";
import type { Middleware } from "./request-context.ts";

/** Path before method, so that a wrong URL in a kubeconfig says so whatever it is asked with. */
export function checkRoute(): Middleware {
  return {
    before: ({ event: { request } }) => {
      if (request.path !== "/authenticate") throw new PathUnknown("the only path is /authenticate");
      if (request.method !== "POST") throw new MethodNotAllowed("the only method is POST");
    },
  };
}
