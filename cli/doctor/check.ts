// One line of doctor: what was seen, and what to do where it is not well.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import type { Reply } from "./http.ts";

export interface Check {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly seen: string;
  /** What to do. */
  readonly advice?: string;
}

export const LOOK_AT_LOG = "read the function's log at the time of this request";

/** Of a Kubernetes Status, or of API Gateway's own answers. */
export function reasonOf({ body }: Reply): string {
  const status = parseJson(body);
  const message = isObject(status) ? status["message"] : undefined;
  return typeof message === "string"
    ? message.replace(/\s+/g, " ").slice(0, 200)
    : "an answer that is not the function's";
}
