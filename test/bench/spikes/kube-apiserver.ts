// Models a kube-apiserver's look-up of an uncached token, with up to five attempts.

import type { Endpoint } from "./endpoint.ts";
import type { Time } from "./time.ts";

/** The body of a 200, or `undefined` if the look-up failed: the client gets a 401, and nothing is cached. */
export type LookUp = (token: string) => Promise<string | undefined>;

/**
 * Measured with k8s.io/apiserver 0.32.3: it does not retry 503 and the other statuses.
 * https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apiserver/pkg/util/webhook/webhook.go
 */
export const RETRIED = [429, 500, 502, 504];
const TRIES = 5;
const FIRST_WAIT_MS = 500;
const FACTOR = 1.5;
const JITTER = 0.2;
/** For all attempts together. */
const LIMIT_MS = 30_000;

export function kubeApiserver(
  endpoint: Pick<Endpoint, "post">,
  time: Pick<Time, "now" | "sleep">,
  random: () => number,
): LookUp {
  return async (token) => {
    const ends = time.now() + LIMIT_MS;
    let wait = FIRST_WAIT_MS;
    for (let tries = 1; ; tries += 1) {
      const { status, body } = await endpoint.post(token);
      if (status === 200) return body;
      const thisWait = wait * (1 + random() * JITTER);
      wait *= FACTOR;
      if (!RETRIED.includes(status) || tries === TRIES || time.now() + thisWait >= ends) return undefined;
      await time.sleep(thisWait);
    }
  };
}
