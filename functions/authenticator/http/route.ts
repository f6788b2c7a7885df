// Accepts the only route: POST /authenticate.

import { httpError } from "../../errors.ts";
import type { Middleware } from "./request-context.ts";

/** Checks the path before the method, so that a wrong URL is reported for every method. */
export function checkRoute(): Middleware {
  return {
    before: ({ event: { request } }) => {
      if (request.path !== "/authenticate") throw httpError("path_unknown", "the only path is /authenticate");
      if (request.method !== "POST") throw httpError("method_not_allowed", "the only method is POST");
    },
  };
}
