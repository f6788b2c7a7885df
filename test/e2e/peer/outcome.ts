// What an answer of either server comes to, in words that both share.

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
  /** Of ours, where it is neither a grant nor another kind of token. */
  readonly code?: string;
  /** Of a grant. */
  readonly user?: User;
  readonly apiVersion?: string;
}

/** By section 2 of the contract. */
export function ourOutcome({ status, text }: Pick<Reply, "status" | "text">): Outcome {
  const { apiVersion, status: review, message = "" } = JSON.parse(text);
  if (status === 200 && review.authenticated === true) return { decision: "granted", user: review.user, apiVersion };
  if (status === 200 && review.error === undefined) return { decision: "not ours" };
  const [code = ""] = (review.error ?? message).split(":");
  if (status === 200) return { decision: "denied", code };
  if (status === 429) return { decision: "throttled", code };
  if (status === 500) return { decision: "fault", code };
  if (status === 400 || status === 413) return { decision: "bad request", code };
  throw new Error(`this server never answers ${status}: ${text}`);
}

/** By authenticateEndpoint in pkg/server/server.go. */
export function peerOutcome({ status, text }: Pick<Reply, "status" | "text">): Outcome {
  if (status === 200) {
    const { apiVersion, status: review } = JSON.parse(text);
    if (review.authenticated === true) return { decision: "granted", user: review.user, apiVersion };
  }
  if (status === 403) return { decision: "denied" };
  if (status === 429) return { decision: "throttled" };
  if (status === 400) return { decision: "bad request" };
  throw new Error(`the peer never answers ${status}: ${text}`);
}
