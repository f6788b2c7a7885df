// The issuer of AWS-signed tokens, whose keys rotate.

import { startHttpServer } from "../../../local/http-server.ts";
import { CLUSTER_ID, TOKEN_ISSUERS } from "../../../local/sandbox-settings.ts";
import { createSigningKey, signIdToken } from "../../oidc-issuer.ts";
import { type Answers, history } from "./history.ts";
import type { Outages } from "./outages.ts";

/** Forgers cause a read of the keys each minute, and the proof of a token is cached for another. */
const LAG_MS = { published: 120_000, unpublished: 60_000 };
const LIFE_S = 600;
const ACCOUNT = "111122223333";

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;

export async function startIssuer(explain: Outages["explain"]) {
  async function create(isPublished: boolean) {
    const published = history(isPublished, (was, from, to) => {
      if (!was) return LAG_MS.unpublished;
      // Keys that were read remain usable while their issuer is down.
      return explain(["keys"], from - LAG_MS.published, to) ? Number.POSITIVE_INFINITY : LAG_MS.published;
    });
    return { ...(await createSigningKey("ES384")), published };
  }
  const unknown = await create(false);
  let [current, next, old] = [await create(true), await create(false), unknown];
  const keySet = () => ({ keys: [current, next, old].flatMap(({ published, jwk }) => (published.now() ? jwk : [])) });

  return {
    server: await startHttpServer(() => ({ status: 200, body: JSON.stringify(keySet()) })),
    publish: () => next.published.set(true),
    async use() {
      [old, current, next] = [current, next, await create(false)];
    },
    withdraw: () => old.published.set(false),
    /** A token of this principal by the current key, the one before, or an unknown one. `valid`: its answers if it is valid. */
    async sign(sub: string, by: "current" | "old" | "unknown", valid: Answers) {
      const key = { current, old, unknown }[by];
      const iat = Math.floor(Date.now() / 1000);
      const times = { iat, exp: iat + LIFE_S };
      const aws = { aws_account: ACCOUNT, principal_id: sub, source_region: "us-east-1" };
      const claims = { iss: TOKEN_ISSUERS.get(ACCOUNT) ?? "", sub, aud: `iam-authenticator/${CLUSTER_ID}`, ...times };
      const token = await signIdToken({ ...claims, "https://sts.amazonaws.com/": aws }, key);
      const answers: Answers = (from, to) =>
        key.published.during(from, to).flatMap((isPublished) => (isPublished ? valid(from, to) : ["denied"]));
      return { token, answers };
    },
  };
}
