// The bundle and aws-iam-authenticator's server with the same mappings and, each, a local STS.

import { startSts } from "../../../local/sts/start-sts.ts";
import { post } from "../../post.ts";
import { KUBE_HEADERS, reviewBody, V1 } from "../../system/token-review.ts";
import { findAwsIamAuthenticator } from "../binaries/binaries.ts";
import { startBackend } from "../cluster/backend.ts";
import { createFolder, removeFolder } from "../kubernetes.ts";
import type { Make } from "./answer-cases.ts";
import { IDENTITIES } from "./identities.ts";
import { ourParameters, RESERVED_PREFIX } from "./mappings.ts";
import { outcomesOf } from "./outcome.ts";
import { startPeer } from "./server.ts";

export type SideBySide = Awaited<ReturnType<typeof startSideBySide>>;

export async function startSideBySide() {
  const folder = createFolder();
  const running: (() => void | Promise<void>)[] = [() => removeFolder(folder)];
  const sts = await startSts({ identities: IDENTITIES });
  running.push(sts.close);
  const backend = await startBackend({ folder, parameters: ourParameters(), identities: IDENTITIES });
  running.push(backend.stop);
  backend.redeploy({ RESERVED_PREFIXES: RESERVED_PREFIX });
  const peer = await startPeer(findAwsIamAuthenticator(), folder, sts.url, (stop) => void running.push(stop));
  const ours = { url: backend.url, agent: undefined, sts: backend.sts };
  const theirs = { url: peer.url, agent: peer.agent, sts };

  async function review({ url, agent, sts }: typeof ours | typeof theirs, made: Awaited<ReturnType<Make>>) {
    const { token = "", body = reviewBody(V1, token), sts: behavior = [] } = made;
    let asked = 0;
    sts.fail(() => {
      asked += 1;
      return behavior[Math.min(asked, behavior.length) - 1];
    });
    const headers = { ...KUBE_HEADERS, authorization: `Bearer ${backend.callerToken}` };
    return post(url, { headers, body, ...(agent === undefined ? { tls: { ca: backend.authority.ca } } : { agent }) });
  }

  return {
    /** `host:port` of each connection of the peer. */
    targets: peer.targets,
    async decide(make: Make) {
      const made = await make();
      return outcomesOf(await review(ours, made), await review(theirs, made));
    },
    async stop() {
      for (const stop of running.toReversed()) await stop();
    },
  };
}
