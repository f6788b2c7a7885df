// Checks the function's responses to the caller and to the operator's token.

import { API_VERSIONS } from "../../functions/authenticator/review/token-review.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { failureKind } from "../../functions/lib/retry.ts";
import { adviceFor } from "../explain/advice.ts";
import { type Endpoint, type Reply, reasonOf } from "../http/endpoint.ts";
import { quotedAnswer } from "../http/request.ts";
import { type Check, failed, LOOK_AT_LOG, ok, warning } from "./check.ts";

/** Statuses with which API Gateway or the function rejects a caller. */
const REFUSED = [401, 403];

/** The function answers 400 to an empty review of an accepted caller. `stranger` has neither token nor certificate. */
export async function checkCaller(endpoint: Endpoint, stranger: Endpoint): Promise<Check> {
  const reply = await endpoint.send("POST", "{}");
  if (reply.status !== 400) {
    return failed("caller", `HTTP ${reply.status}, ${reasonOf(reply)}`, adviceForCaller(reply));
  }
  if (await isRefused(stranger)) return ok("caller", "accepted, and an unknown caller is rejected");
  const seen = "accepted, but a caller without token and certificate is accepted too";
  return warning("caller", seen, "CALLER_AUTH=none is for private networks only");
}

async function isRefused(stranger: Endpoint): Promise<boolean> {
  try {
    return REFUSED.includes((await stranger.send("POST", "{}")).status);
  } catch (error) {
    // API Gateway closes a connection without a client certificate, during the handshake or right after it.
    if (/^(ECONNRESET|EPIPE|ERR_SSL_\w+)$/.test(failureKind(error))) return true;
    throw error;
  }
}

function adviceForCaller(reply: Reply): string {
  const { status } = reply;
  if (status === 401 && /^caller_refused: token_expired/.test(reasonOf(reply)))
    return "the token file is old: check the timer that renews it, and its log";
  if (status === 401)
    return "give the caller's token (--kubeconfig or --token-file), or create a new one (iam-authenticator callers add <name>); with mTLS, compare the subject with CALLER_SUBJECTS";
  if (status === 403)
    return "with mTLS, check that the truststore holds the certificate's CA, and that neither has expired";
  if (status === 404 || status === 405)
    return "the URL must end in /authenticate, after the stage's name if there is one";
  return LOOK_AT_LOG;
}

/** Sends a token in one API version. */
export async function checkReview(endpoint: Endpoint, token: string, name: string, apiVersion: string): Promise<Check> {
  return resultOfReview(name, apiVersion, await endpoint.send("POST", review(apiVersion, token)));
}

function review(apiVersion: string, token: string): string {
  return JSON.stringify({ apiVersion, kind: "TokenReview", spec: { token } });
}

function resultOfReview(check: string, apiVersion: string, reply: Reply): Check {
  const answer = parseJson(reply.body);
  const status = isObject(answer) ? answer["status"] : undefined;
  if (reply.status !== 200 || !isObject(answer) || !isObject(status) || answer["apiVersion"] !== apiVersion) {
    const advice = adviceFor(reasonOf(reply).split(":")[0] ?? "") ?? LOOK_AT_LOG;
    return failed(check, `HTTP ${reply.status}, ${reasonOf(reply)}`, advice);
  }
  const { authenticated, user, error } = status;
  if (authenticated === true && isObject(user)) {
    const { username, groups } = user;
    const texts = Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : ["none"];
    const name = typeof username === "string" ? quotedAnswer(username) : "a user without a name";
    return ok(check, `you are ${name}, groups: ${quotedAnswer(texts.join(", "))}`);
  }
  const reason = typeof error === "string" ? quotedAnswer(error) : "refused without a reason";
  const advice = adviceFor(reason.split(":")[0] ?? "") ?? LOOK_AT_LOG;
  return failed(check, reason.split("; tried ")[0] ?? reason, advice);
}

/** Measures the median and 95th percentile of sequential reviews of a cached token. */
export async function checkLatency(endpoint: Endpoint, token: string, times: number): Promise<Check> {
  const ms: number[] = [];
  for (let i = 0; i < times; i += 1) ms.push((await endpoint.send("POST", review(API_VERSIONS[0], token))).ms);
  ms.sort((a, b) => a - b);
  const at = (share: number) => Math.round(ms[Math.ceil(ms.length * share) - 1] ?? 0);
  const seen = `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${times} reviews`;
  return at(0.95) > 1000
    ? warning("latency", seen, "check the function's memory, and the times (ms) in its log")
    : ok("latency", seen);
}
