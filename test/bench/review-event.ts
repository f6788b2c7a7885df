// An HTTP API event with a review, from the caller of all benchmarks.

import { hash } from "node:crypto";
import { httpApiEvent } from "../../local/gateway/events.ts";
import { SAMPLE_REQUEST } from "../local/gateway/sample-request.ts";
import { reviewBody, V1 } from "../system/answers.ts";

const CALLER = "bench-caller";
/** The value of the parameter `callers`. */
export const CALLERS = JSON.stringify([{ name: "kube-apiserver", sha256: hash("sha256", CALLER) }]);

export function reviewEvent(token: string, time = Date.now(), bearer = CALLER): object {
  const rawHeaders = SAMPLE_REQUEST.rawHeaders.map((text) =>
    text === "Bearer caller" ? `Bearer ${bearer}` : text,
  );
  const request = { ...SAMPLE_REQUEST, rawHeaders, body: Buffer.from(reviewBody(V1, token)), time };
  return httpApiEvent(request, "POST /authenticate");
}
