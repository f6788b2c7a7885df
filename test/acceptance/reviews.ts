// Sends TokenReviews as kube-apiserver does, and formats the result as one line for the report.

import { tokenReview } from "../../local/webhook.ts";
import { Interrupted, type World } from "./world.ts";

export interface Review {
  readonly httpStatus: number;
  readonly authenticated: boolean;
  readonly username: string;
  readonly groups: readonly string[];
  /** The reason of a denial, or the message of a `Status`. */
  readonly error: string;
  /** The line for the report. */
  readonly seen: string;
}

export interface Webhook {
  readonly server: string;
  readonly token?: string;
}

export interface ReviewOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Where the URL's own is only the way there. */
  readonly host?: string;
}

/** Sends a review as kube-apiserver does. `httpStatus` is 0 without a response. */
export async function postReview(
  world: World,
  { server, token }: Webhook,
  reviewed: string,
  { tls, host }: ReviewOptions = {},
): Promise<Review> {
  const headers = {
    ...(host !== undefined && { host }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    "content-type": "application/json",
    accept: "application/json, */*",
  };
  try {
    const answer = await world.request(`${server}?timeout=30s`, {
      headers,
      body: tokenReview(reviewed),
      limitMs: 30_000,
      ...(tls !== undefined && { tls }),
    });
    const { location } = answer.headers;
    if (answer.status !== 307 || location === undefined) return readReview(answer.status, answer.text);
    // As client-go does, sends the token again.
    const redirected = await postReview(world, { server: location, ...(token !== undefined && { token }) }, reviewed);
    return { ...redirected, seen: `redirected, then ${redirected.seen}` };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const { code, name } = error as { readonly code?: unknown; readonly name?: string };
    const seen = `no answer: ${typeof code === "string" ? code : name}`;
    return { httpStatus: 0, authenticated: false, username: "", groups: [], error: seen, seen };
  }
}

/** `text` may not be a TokenReview, for example an error of the gateway. */
export function readReview(httpStatus: number, text: string): Review {
  const body = parsed(text);
  const status = typeof body.status === "object" ? body.status : {};
  const { authenticated = false, user = {}, error = body.message ?? "" } = status;
  const { username = "", groups = [] } = user;
  const seen =
    httpStatus !== 200
      ? `HTTP ${httpStatus}${error === "" ? "" : `: ${error}`}`
      : authenticated
        ? `granted as ${username} (${groups.join(", ")})`
        : `denied: ${error}`;
  return { httpStatus, authenticated, username, groups, error, seen };
}

interface Answer {
  readonly message?: string;
  readonly status?: {
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
    readonly error?: string;
  };
}

function parsed(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
