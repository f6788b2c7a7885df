// Whether the endpoint takes this caller for its kube-apiserver, and nobody else.

import { failureKind } from "../../functions/lib/retry.ts";
import { type Check, LOOK_AT_LOG, reasonOf } from "./check.ts";
import type { Endpoint } from "./http.ts";

/** By API Gateway or by the function. */
const REFUSED = [401, 403];

/** An empty review is refused with 400 once the caller is accepted. `stranger` has neither token nor certificate. */
export async function checkCaller(endpoint: Endpoint, stranger: Endpoint): Promise<Check[]> {
  const check = "caller";
  const reply = await endpoint.send("POST", "{}");
  if (reply.status !== 400) {
    return [
      { check, state: "failed", seen: `HTTP ${reply.status}, ${reasonOf(reply)}`, advice: adviceOn(reply.status) },
    ];
  }
  if (await isRefused(stranger)) return [{ check, state: "ok", seen: "accepted, and a stranger is refused" }];
  const seen = "accepted, but a caller without token or certificate is accepted too";
  return [{ check, state: "warning", seen, advice: "CALLER_AUTH=none is for private networks only" }];
}

async function isRefused(stranger: Endpoint): Promise<boolean> {
  try {
    return REFUSED.includes((await stranger.send("POST", "{}")).status);
  } catch (error) {
    // API Gateway cuts a connection that has no client certificate, during the handshake or right after it.
    if (/^(ECONNRESET|EPIPE|ERR_SSL_\w+)$/.test(failureKind(error))) return true;
    throw error;
  }
}

function adviceOn(status: number): string {
  if (status === 401)
    return "give the caller's token (--kubeconfig or --token-file), or make a new one with callers add; with mTLS, compare the subject with CALLER_SUBJECTS";
  if (status === 403)
    return "with mTLS, check that the truststore holds the certificate's CA, and that neither has expired";
  if (status === 404 || status === 405)
    return "the URL must end in /authenticate, after the stage's name if there is one";
  return LOOK_AT_LOG;
}
