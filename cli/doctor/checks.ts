// What doctor looks at, one after the other: each with what was seen, and what to do where it is not well.

import { failureKind } from "../../functions/authenticator/lib/attempt.ts";
import { isObject, parseJson } from "../../functions/authenticator/lib/json.ts";
import { API_VERSIONS } from "../../functions/authenticator/review/token-review.ts";
import { adviceOn } from "../explain/advice.ts";
import type { Endpoint, Reply } from "./http.ts";

export interface Check {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly seen: string;
  /** What to do. */
  readonly advice?: string;
}

/** A token is refused 15 minutes off; past one minute a clock is not kept. */
const SKEW_MS = { warning: 60_000, failed: 10 * 60_000 };

export async function checkReachable(endpoint: Endpoint, now: () => number): Promise<Check[]> {
  const check = "reachable";
  try {
    const reply = await endpoint.send("GET", "", true);
    const plain = endpoint.url.protocol === "http:" && !/^(localhost|127\.|\[::1\])/.test(endpoint.url.hostname);
    const reached: Check = plain
      ? { check, state: "warning", seen: "over plain HTTP", advice: "use https://: the caller's token can be read" }
      : { check, state: "ok", seen: `${endpoint.url.host} answers, HTTP ${reply.status}` };
    return [reached, clockCheck(reply, now())];
  } catch (error) {
    const kind = failureKind(error);
    const advice = /CERT|SSL|TLS|ALTNAME|SIGNATURE|ISSUER/.test(kind)
      ? "check the certificate's name and CA (kubeconfig webhook --ca), and for mTLS the client certificate"
      : "check the URL, DNS, and the network from here to it (a private API is reached from its VPC alone)";
    return [{ check, state: "failed", seen: `no answer (${kind})`, advice }];
  }
}

function clockCheck({ date }: Reply, now: number): Check {
  const check = "clock";
  if (date === undefined) return { check, state: "warning", seen: "the endpoint does not tell its time" };
  const skew = Math.abs(date - now);
  const seen = `this machine's is ${Math.round(skew / 1000)} s off the endpoint's`;
  const state = skew > SKEW_MS.failed ? "failed" : skew > SKEW_MS.warning ? "warning" : "ok";
  return { check, state, seen, ...(state !== "ok" && { advice: "set it (NTP): tokens live 15 minutes" }) };
}

/** An empty review is refused with 400 once the caller is accepted, and with 401 before. */
export async function checkCaller(endpoint: Endpoint): Promise<Check[]> {
  const check = "caller";
  const reply = await endpoint.send("POST", "{}");
  const seen = `HTTP ${reply.status}, ${reasonOf(reply)}`;
  if (reply.status === 401) {
    return [
      { check, state: "failed", seen, advice: "make a new one with callers add, or check the client certificate" },
    ];
  }
  if (reply.status !== 400) {
    const advice =
      reply.status === 404 || reply.status === 405
        ? "the URL must end in /authenticate, after the stage's name if there is one"
        : "look into the function's log";
    return [{ check, state: "failed", seen, advice }];
  }
  const stranger = await endpoint.send("POST", "{}", true);
  if (stranger.status === 401) return [{ check, state: "ok", seen: "accepted, and a stranger is refused" }];
  const open = { state: "warning", advice: "CALLER_AUTH=none is for private networks only" } as const;
  return [{ check, seen: "accepted, but so is one without a bearer token", ...open }];
}

/** The operator's own token, in each version of the API. */
export async function checkReview(endpoint: Endpoint, token: string): Promise<Check[]> {
  const checks: Check[] = [];
  for (const apiVersion of API_VERSIONS) {
    const reply = await endpoint.send("POST", review(apiVersion, token));
    checks.push(judgeReview(`review ${apiVersion.split("/")[1]}`, apiVersion, reply));
  }
  return checks;
}

export function review(apiVersion: string, token: string): string {
  return JSON.stringify({ apiVersion, kind: "TokenReview", spec: { token } });
}

function judgeReview(check: string, apiVersion: string, reply: Reply): Check {
  const answer = parseJson(reply.body);
  const status = isObject(answer) ? answer["status"] : undefined;
  if (reply.status !== 200 || !isObject(answer) || !isObject(status) || answer["apiVersion"] !== apiVersion) {
    const advice = adviceOn(reasonOf(reply).split(":")[0] ?? "") ?? "look into the function's log";
    return { check, state: "failed", seen: `HTTP ${reply.status}, ${reasonOf(reply)}`, advice };
  }
  const { authenticated, user, error } = status;
  if (authenticated === true && isObject(user)) {
    const groups = Array.isArray(user["groups"]) ? user["groups"].join(", ") : "none";
    return { check, state: "ok", seen: `you are ${String(user["username"])}, groups: ${groups}` };
  }
  const reason = typeof error === "string" ? error : "refused without a reason";
  const advice = adviceOn(reason.split(":")[0] ?? "");
  return {
    check,
    state: "failed",
    seen: reason.split("; tried ")[0] ?? reason,
    ...(advice !== undefined && { advice }),
  };
}

/** Median and 95th percentile of reviews, one after the other; the function knows the token already. */
export async function checkLatency(endpoint: Endpoint, token: string, times: number): Promise<Check[]> {
  const ms: number[] = [];
  for (let i = 0; i < times; i += 1) ms.push((await endpoint.send("POST", review(API_VERSIONS[0], token))).ms);
  ms.sort((a, b) => a - b);
  const at = (share: number) => Math.round(ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] ?? 0);
  const slow = at(0.95) > 1000;
  return [
    {
      check: "latency",
      state: slow ? "warning" : "ok",
      seen: `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, of ${times} reviews`,
      ...(slow && { advice: "look at the function's memory, and at StsLatency and SsmLatency" }),
    },
  ];
}

/** Of a Kubernetes Status, or of API Gateway's own answers. */
function reasonOf({ body }: Reply): string {
  const status = parseJson(body);
  const message = isObject(status) ? status["message"] : undefined;
  return typeof message === "string"
    ? message.replace(/\s+/g, " ").slice(0, 200)
    : "an answer that is not the function's";
}
