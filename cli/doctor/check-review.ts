// Whether the endpoint reviews a token, and how fast.

import { API_VERSIONS } from "../../functions/authenticator/review/token-review.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { adviceOn } from "../explain/advice.ts";
import { quotedAnswer } from "../http.ts";
import { type Check, LOOK_AT_LOG, reasonOf } from "./check.ts";
import type { Endpoint, Reply } from "./http.ts";

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
    const advice = adviceOn(reasonOf(reply).split(":")[0] ?? "") ?? LOOK_AT_LOG;
    return { check, state: "failed", seen: `HTTP ${reply.status}, ${reasonOf(reply)}`, advice };
  }
  const { authenticated, user, error } = status;
  if (authenticated === true && isObject(user)) {
    const { username, groups } = user;
    const texts = Array.isArray(groups) ? groups.filter((group) => typeof group === "string") : ["none"];
    const name = typeof username === "string" ? quotedAnswer(username) : "a user without a name";
    return { check, state: "ok", seen: `you are ${name}, groups: ${quotedAnswer(texts.join(", "))}` };
  }
  const reason = typeof error === "string" ? quotedAnswer(error) : "refused without a reason";
  const advice = adviceOn(reason.split(":")[0] ?? "") ?? LOOK_AT_LOG;
  return { check, state: "failed", seen: reason.split("; tried ")[0] ?? reason, advice };
}

/** Median and 95th percentile of reviews, one after the other; the function knows the token already. */
export async function checkLatency(endpoint: Endpoint, token: string, times: number): Promise<Check[]> {
  const ms: number[] = [];
  for (let i = 0; i < times; i += 1) ms.push((await endpoint.send("POST", review(API_VERSIONS[0], token))).ms);
  ms.sort((a, b) => a - b);
  const at = (share: number) => Math.round(ms[Math.ceil(ms.length * share) - 1] ?? 0);
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
