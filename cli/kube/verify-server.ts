// Checks that a CA verifies the certificate of kube-apiserver.

import { failureKind } from "../../functions/lib/retry.ts";
import { finding } from "../io/errors.ts";
import { failureReason, HttpTimeout, openAgent, proxyFailure, sendHttp } from "../io/http.ts";
import type { Run } from "../io/run.ts";
import { describePublished, type PublishedCluster } from "../model/published-cluster.ts";

const LIMIT_MS = 5_000;

/** A response to an anonymous request has less than a kilobyte. */
const MAX_BYTES = 1024 * 1024;

/** The server did not answer: https://nodejs.org/api/errors.html#common-system-errors */
const UNREACHED = /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|ETIMEDOUT|EPIPE)$/;

/**
 * Throws a `Failure` if the server answers with a certificate that the CA does not verify. Logs if
 * it does not answer: it may be in another network.
 */
export async function verifyServer(cluster: PublishedCluster, run: Run): Promise<void> {
  const { server, ca } = cluster;
  // As for kubectl, an intermediate CA is sufficient, and no variable turns the check off.
  const tls = { ca, rejectUnauthorized: true, allowPartialTrustChain: true };
  const agent = openAgent("https:", run, tls);
  const request = {
    ...{ method: "GET", headers: { accept: "application/json" }, agent },
    ...{ limitMs: LIMIT_MS, maxBytes: MAX_BYTES },
  };
  try {
    await sendHttp(new URL(`${server.replace(/\/+$/, "")}/version`), request, run, run.interrupted);
  } catch (error) {
    run.interrupted.throwIfAborted();
    const isUnreached =
      error instanceof HttpTimeout ||
      proxyFailure(error) !== undefined ||
      UNREACHED.test(failureKind(error));
    const reason = failureReason(error);
    if (!isUnreached) {
      throw finding(
        `Nothing was written: the CA does not verify the certificate of ${describePublished(cluster)} (${reason}).`,
      );
    }
    run.log(
      `${server} does not answer from this machine (${reason}): not checked whether the CA verifies its certificate.\n`,
    );
  } finally {
    agent.destroy();
  }
}
