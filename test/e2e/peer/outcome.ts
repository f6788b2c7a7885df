// Converts responses of both servers to a common outcome.

import type { Reply } from "../../post.ts";

export interface User {
  readonly username: string;
  readonly uid: string;
  readonly groups?: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

export interface Outcome {
  /** `granted`, `not ours`, `throttled`, `denied`, `fault`, `bad request`. */
  readonly decision: string;
  /** Our error code, except for grants and other kinds of tokens. */
  readonly code?: string;
  /** The user of a grant. */
  readonly user?: User;
  readonly apiVersion?: string;
}

/** Our answer as a decision with its code. */
export function ourOutcome({ status, text }: Pick<Reply, "status" | "text">): Outcome {
  const { apiVersion, status: review, message = "" } = JSON.parse(text);
  if (status === 200 && review.authenticated === true) return { decision: "granted", user: review.user, apiVersion };
  if (status === 200 && review.error === undefined) return { decision: "not ours" };
  const [code = ""] = (review.error ?? message).split(":");
  if (status === 200) return { decision: "denied", code };
  if (status === 429) return { decision: "throttled", code };
  if (status === 500) return { decision: "fault", code };
  if (status === 400 || status === 413) return { decision: "bad request", code };
  throw new Error(`unexpected status ${status} of our server: ${text}`);
}

/** According to authenticateEndpoint in pkg/server/server.go. */
export function peerOutcome({ status, text }: Pick<Reply, "status" | "text">): Outcome {
  if (status === 200) {
    const { apiVersion, status: review } = JSON.parse(text);
    if (review.authenticated === true) return { decision: "granted", user: review.user, apiVersion };
  }
  if (status === 403) return { decision: "denied" };
  if (status === 429) return { decision: "throttled" };
  if (status === 400) return { decision: "bad request" };
  throw new Error(`unexpected status ${status} of the peer: ${text}`);
}
