// The callers of the webhook: a fixed secret token, one that rotates, and an IAM role that signs new tokens.

import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { localIdentity } from "../../../local/identities.ts";
import type { MemoryStore } from "../../../local/parameter-store/parameter-store.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { mintToken } from "../../../local/token.ts";
import { callersParameter, newCallerToken } from "../cluster/backend.ts";
import { type History, history } from "./history.ts";
import type { Outages } from "./outages.ts";

/** The times of the contract: how long the list is cached, and how much longer while Parameter Store fails. */
const [LIST_MS, STALE_MS] = [60_000, 300_000];
const BY_IAM = { name: "by-iam", arn: "arn:aws:iam::111122223333:role/Developers" };

/** kube-apiserver reads the file when it calls the webhook, and then once a minute. */
export function writeCaller(folder: string, kind: "secret" | "iam", bearer = "none yet"): string {
  const file = join(folder, `${kind}-caller`);
  writeFileSync(`${file}.new`, bearer, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return file;
}

export function createCallers(fixed: string, folder: string, store: MemoryStore, explain: Outages["explain"]) {
  const listed = new Map<string, History<boolean>>();
  let [secret, next, old] = [newCallerToken(), newCallerToken(), newCallerToken()];

  function list(...secrets: readonly string[]): void {
    for (const [name, value] of Object.entries(callersParameter(secrets))) {
      store.put(name, JSON.stringify([...JSON.parse(value), BY_IAM]));
    }
    for (const token of new Set([...listed.keys(), ...secrets])) {
      const lag = (_: boolean, from: number, to: number) => LIST_MS + (explain(["store"], from, to) ? STALE_MS : 0);
      const known = listed.get(token) ?? history(listed.size < 2, lag);
      listed.set(token, known);
      known.set(secrets.includes(token));
    }
  }
  list(fixed, secret);

  return {
    /** Whether a caller with this secret token was listed. */
    listed: (token: string, from: number, to: number) => listed.get(token)?.during(from, to) ?? [false],
    /** The secret token before the last rotation, or one that was never listed. */
    old: () => old,
    async renew(): Promise<void> {
      writeCaller(folder, "secret", secret);
      const iam = { identity: localIdentity("bob"), clusterId: `${CLUSTER_ID}:caller`, region: REGION };
      writeCaller(folder, "iam", await mintToken(iam));
    },
    publish: () => list(fixed, secret, next),
    use(): void {
      [old, secret, next] = [secret, next, newCallerToken()];
    },
    withdraw: () => list(fixed, secret),
  };
}
