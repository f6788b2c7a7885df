// Judges every answer of the function to kube-apiserver, and of kube-apiserver to its user, by what
// was true in the times of the caches. Asks nothing of the function.

import type { HttpResponse } from "../../../functions/gateway/http.ts";
import type { GatewayEvent } from "../../../local/gateway/gateway.ts";
import type { User } from "../../system/answers.ts";
import type { Member } from "./members.ts";
import type { Answers, Outages } from "./outages.ts";
import type { createCallers } from "./rotating.ts";

/**
 * kube-apiserver's cache of tokens, which is not configurable, and the configured one of the
 * webhook.
 */
const APISERVER_MS = 10_000 + 1_000;

type JudgedToken = Pick<Member, "name" | "needs"> & { readonly answers: Answers };

const NOT_OURS: JudgedToken = {
  name: "a token of another kind",
  needs: [],
  answers: () => ["denied"],
};

export function createJudge(
  explain: Outages["explain"],
  callers: ReturnType<typeof createCallers>,
) {
  const tokens = new Map<string, JudgedToken>();
  const wrong: string[] = [];
  const counts = { granted: 0, denied: 0, refused: 0, fault: 0 };

  function check(what: string, seen: string, right: readonly string[]): void {
    if (!right.includes(seen))
      wrong.push(`${new Date().toISOString()} ${what}: ${seen}, not ${right.join(" or ")}`);
  }
  function isFault({ needs }: JudgedToken, isByIam: boolean, from: number, to: number): boolean {
    return explain(["store", ...needs, ...(isByIam ? (["sts"] as const) : [])], from, to);
  }
  return {
    tokens,
    wrong,
    counts,
    review({ headers, body }: GatewayEvent, result: unknown, from: number): void {
      const to = Date.now();
      const bearer = headers["authorization"]?.replace("Bearer ", "") ?? "";
      const isByIam = bearer.startsWith("k8s-aws-v1.");
      const token = tokens.get(JSON.parse(body ?? "").spec.token) ?? NOT_OURS;
      const listed = isByIam ? [true] : callers.listed(bearer, from, to);
      const right = [
        ...(listed.includes(false) ? ["refused"] : []),
        ...(listed.includes(true) ? token.answers(from, to) : []),
        ...(isFault(token, isByIam, from, to) ? ["fault"] : []),
      ];
      const seen = outcome(result as HttpResponse);
      counts[seen === "denied" || seen === "refused" || seen === "fault" ? seen : "granted"] += 1;
      check(`review of ${token.name}`, seen, right);
    },
    /** Faults of the webhook are denials of kube-apiserver. */
    login(text: string, user: User | undefined, isByIam: boolean, from: number): void {
      const to = Date.now();
      const token = tokens.get(text) ?? NOT_OURS;
      const denials = isFault(token, isByIam, from, to) ? ["denied"] : [];
      const right = [...token.answers(from - APISERVER_MS, to), ...denials];
      check(`login of ${token.name}`, describe(user), right);
    },
  };
}

function outcome({ statusCode, body }: HttpResponse): string {
  if (statusCode === 200) return describe(JSON.parse(body).status.user);
  if (statusCode === 401) return "refused";
  return statusCode === 429 || statusCode >= 500 ? "fault" : `status ${statusCode}`;
}

function describe(user: User | undefined): string {
  if (user === undefined) return "denied";
  return `${user.username} in ${user.groups?.filter((group) => group !== "system:authenticated")}`;
}
