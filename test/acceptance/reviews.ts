// Sends TokenReviews as kube-apiserver does, and formats the result as one line for the report.

import { isObject, parseJson } from "../../functions/lib/json.ts";
import { tokenReview } from "../../local/webhook.ts";
import { CACHES_MS, Interrupted, until, type World } from "./world.ts";

/**
 * `error`: the reason of a denial, or the message of a `Status`. `seen`: the line for the report.
 */
export type Review = ReturnType<typeof readReview>;

export interface Webhook {
  readonly server: string;
  readonly token?: string;
}

/** `httpStatus` is 0 without a response. `host`: where the URL's own is only the way there. */
export async function postReview(
  world: World,
  { server, token }: Webhook,
  reviewed: string,
  { tls, host }: { readonly tls?: { cert: string; key: string }; readonly host?: string } = {},
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
    if (answer.status !== 307 || location === undefined)
      return readReview(answer.status, answer.text);
    // As client-go does, sends the token again.
    const redirected = await postReview(
      world,
      { server: location, ...(token !== undefined && { token }) },
      reviewed,
    );
    return { ...redirected, seen: `redirected, then ${redirected.seen}` };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const { code, name } = error as { readonly code?: unknown; readonly name?: string };
    const seen = `no answer: ${typeof code === "string" ? code : name}`;
    return { httpStatus: 0, authenticated: false, error: seen, seen };
  }
}

/** `text` may not be a TokenReview, for example an error of the gateway. */
export function readReview(httpStatus: number, text: string) {
  const parsed = parseJson(text);
  const body: Answer = isObject(parsed) ? parsed : {};
  const status = typeof body.status === "object" ? body.status : {};
  const { authenticated = false, user = {}, error = body.message ?? "" } = status;
  const { username = "", groups = [] } = user;
  const seen =
    httpStatus !== 200
      ? `HTTP ${httpStatus}${error === "" ? "" : `: ${error}`}`
      : authenticated
        ? `granted as ${username} (${groups.join(", ")})`
        : `denied: ${error}`;
  return { httpStatus, authenticated, error, seen };
}

interface Answer {
  readonly message?: string;
  readonly status?: {
    authenticated?: boolean;
    user?: { username?: string; groups?: string[] };
    error?: string;
  };
}

/**
 * Sends a review until it is granted or every cache has expired. Returns the last one's line for
 * the report.
 */
export async function untilGranted(world: World, send: () => Promise<Review>): Promise<string> {
  return (await until(world, CACHES_MS, send, ({ authenticated }) => authenticated)).seen;
}
