// Accepts the only route, POST /authenticate, and reads the TokenReview from a body of limited
// size.

import { httpError } from "../../errors.ts";
import { parseTokenReview } from "../review/token-review.ts";
import type { Middleware } from "./review-request.ts";

/** Checks the path before the method, so that a wrong URL is reported for every method. */
export function checkRoute(): Middleware {
  return {
    before: ({ event: { request } }) => {
      if (request.path !== "/authenticate")
        throw httpError("path_unknown", "the only path is /authenticate");
      if (request.method !== "POST")
        throw httpError("method_not_allowed", "the only method is POST");
    },
  };
}

const MAX_BODY_BYTES = 64 * 1024;

export function readReview(): Middleware {
  return {
    before: ({ event }) => {
      const { bodyBytes, body } = event.request;
      if (bodyBytes > MAX_BODY_BYTES)
        throw httpError("body_too_large", `the body must have at most ${MAX_BODY_BYTES} bytes`);
      const text = body();
      if (text === undefined) throw httpError("review_malformed", "the body is missing");
      event.review = parseTokenReview(text);
    },
  };
}
