// Checks the size of the body, then parses the TokenReview.

import { httpError } from "../../errors.ts";
import { parseTokenReview } from "../review/token-review.ts";
import type { Middleware } from "./request-context.ts";

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
