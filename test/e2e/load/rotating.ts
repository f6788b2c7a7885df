// What rotates: the callers of the webhook (a fixed secret token, one that rotates, and an IAM role
// that signs new tokens), and the keys of the issuer of AWS-signed tokens.

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startHttpServer } from "../../../local/aws/http-server.ts";
import { mintToken } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION, TOKEN_ISSUERS } from "../../../local/sandbox-files.ts";
import { localIdentity, type MemoryStore } from "../../local-aws.ts";
import { createSigningKey, signIdToken } from "../../oidc-issuer.ts";
import { callersParameter, newCallerToken } from "../cluster/backend.ts";
import { type Answers, type History, history, type Outages } from "./outages.ts";

/**
 * The times of the contract: how long the list is cached, and how much longer while Parameter Store
 * fails.
 */
const [LIST_MS, STALE_MS] = [60_000, 300_000];
const BY_IAM = { name: "by-iam", arn: "arn:aws:iam::111122223333:role/Developers" };

/** kube-apiserver reads the file when it calls the webhook, and then once a minute. */
export function writeCaller(folder: string, kind: "secret" | "iam", bearer = "none yet"): string {
  const file = join(folder, `${kind}-caller`);
  writeFileSync(`${file}.new`, bearer, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

export function createCallers(
  fixed: string,
  folder: string,
  store: MemoryStore,
  explain: Outages["explain"],
) {
  const listed = new Map<string, History<boolean>>();
  let [secret, next, old] = [newCallerToken(), newCallerToken(), newCallerToken()];

  function list(...secrets: readonly string[]): void {
    for (const [name, value] of Object.entries(callersParameter(secrets))) {
      store.put(name, JSON.stringify([...JSON.parse(value), BY_IAM]));
    }
    for (const token of new Set([...listed.keys(), ...secrets])) {
      const lag = (_: boolean, from: number, to: number) =>
        LIST_MS + (explain(["store"], from, to) ? STALE_MS : 0);
      const known = listed.get(token) ?? history(listed.size < 2, lag);
      listed.set(token, known);
      known.set(secrets.includes(token));
    }
  }
  list(fixed, secret);

  return {
    listed: (token: string, from: number, to: number) =>
      listed.get(token)?.during(from, to) ?? [false],
    /** The secret token before the last rotation, or one that was never listed. */
    old: () => old,
    async renew(): Promise<void> {
      writeCaller(folder, "secret", secret);
      const iam = {
        identity: localIdentity("bob"),
        clusterId: `${CLUSTER_ID}:caller`,
        region: REGION,
      };
      writeCaller(folder, "iam", await mintToken(iam));
    },
    publish: () => list(fixed, secret, next),
    use(): void {
      [old, secret, next] = [secret, next, newCallerToken()];
    },
    withdraw: () => list(fixed, secret),
  };
}

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
      return explain(["keys"], from - LAG_MS.published, to)
        ? Number.POSITIVE_INFINITY
        : LAG_MS.published;
    });
    return { ...(await createSigningKey("ES384")), published };
  }
  const unknown = await create(false);
  let [current, next, old] = [await create(true), await create(false), unknown];
  const keySet = () => ({
    keys: [current, next, old].flatMap(({ published, jwk }) => (published.now() ? jwk : [])),
  });

  return {
    server: await startHttpServer(() => ({ status: 200, body: JSON.stringify(keySet()) })),
    publish: () => next.published.set(true),
    async use() {
      [old, current, next] = [current, next, await create(false)];
    },
    withdraw: () => old.published.set(false),
    /**
     * A token of this principal by the current key, the one before, or an unknown one. `valid`: its
     * answers if it is valid.
     */
    async sign(sub: string, by: "current" | "old" | "unknown", valid: Answers) {
      const key = { current, old, unknown }[by];
      const iat = Math.floor(Date.now() / 1000);
      const aws = { aws_account: ACCOUNT, principal_id: sub, source_region: "us-east-1" };
      const claims = {
        iss: TOKEN_ISSUERS.get(ACCOUNT) ?? "",
        sub,
        aud: `iam-authenticator/${CLUSTER_ID}`,
        iat,
      };
      const token = await signIdToken(
        { ...claims, exp: iat + LIFE_S, "https://sts.amazonaws.com/": aws },
        key,
      );
      const answers: Answers = (from, to) =>
        key.published
          .during(from, to)
          .flatMap((isPublished) => (isPublished ? valid(from, to) : ["denied"]));
      return { token, answers };
    },
  };
}
