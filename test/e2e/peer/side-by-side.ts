// The bundle and aws-iam-authenticator's server with the same mappings and, each, a local STS;
// their answers in one form.

import { isDeepStrictEqual } from "node:util";
import { useFolder } from "../../cli/fixtures.ts";
import { startSts } from "../../local-aws.ts";
import { post, type Reply } from "../../post.ts";
import { KUBE_HEADERS, reviewBody, type User, V1 } from "../../system/answers.ts";
import { startBackend } from "../cluster/backend.ts";
import type { Make } from "./answer-cases.ts";
import { IDENTITIES } from "./identities.ts";
import { ourParameters, PEER_MAPPINGS, RESERVED_PREFIX } from "./mappings.ts";
import { startPeer } from "./server.ts";

export type SideBySide = Awaited<ReturnType<typeof startSideBySide>>;

export async function startSideBySide() {
  const sts = await startSts({ identities: IDENTITIES });
  const backend = await startBackend({
    folder: useFolder().path,
    parameters: ourParameters(),
    identities: IDENTITIES,
  });
  backend.redeploy({ RESERVED_PREFIXES: RESERVED_PREFIX });
  const peer = await startPeer(sts.url, PEER_MAPPINGS);
  const ours = { url: backend.url, agent: undefined, sts: backend.sts };
  const theirs = { url: peer.url, agent: peer.agent, sts };

  async function review(
    { url, agent, sts }: typeof ours | typeof theirs,
    made: Awaited<ReturnType<Make>>,
  ) {
    const { token = "", body = reviewBody(V1, token), sts: behavior = [] } = made;
    let asked = 0;
    sts.fail(() => {
      asked += 1;
      return behavior[Math.min(asked, behavior.length) - 1];
    });
    const headers = { ...KUBE_HEADERS, authorization: `Bearer ${backend.callerToken}` };
    return post(url, {
      headers,
      body,
      ...(agent === undefined ? { tls: { ca: backend.authority.ca } } : { agent }),
    });
  }

  return {
    targets: peer.targets,
    async decide(make: Make) {
      const made = await make();
      return outcomesOf(await review(ours, made), await review(theirs, made));
    },
    async stop() {
      await Promise.all([peer.stop(), backend.stop(), sts.close()]);
    },
  };
}

/**
 * Our decision with the code of an error, such as `denied token_malformed`, and the peer's.
 * `granted as another`: both grant, but different users.
 */
function outcomesOf(ours: Reply, theirs: Reply) {
  const [our, their] = [
    JSON.parse(ours.text),
    theirs.status === 200 ? JSON.parse(theirs.text) : {},
  ];
  const { authenticated, user, error } = our.status instanceof Object ? our.status : {};
  const [code = ""] = (error ?? our.message ?? "").split(":");
  const isSame = isDeepStrictEqual(user, their.status?.user && asOurs(their.status.user));
  // authenticateEndpoint in the peer's pkg/server/server.go.
  const decided = named(theirs.status, {
    200: "granted",
    400: "bad request",
    403: "denied",
    429: "throttled",
  });
  const names = {
    200: "denied",
    400: "bad request",
    413: "bad request",
    429: "throttled",
    500: "fault",
  };
  const refused =
    ours.status === 200 && error === undefined
      ? "not ours"
      : `${named(ours.status, names)} ${code}`;
  const ofTheirs =
    decided === "granted" && authenticated && !isSame ? "granted as another" : decided;
  return { ours: authenticated ? "granted" : refused, theirs: ofTheirs };
}

function named(status: number, names: Readonly<Record<number, string>>): string {
  return names[status] ?? `status ${status}`;
}

/** The peer's user with what its answers lack, for comparison with ours. */
function asOurs({ extra = {}, ...user }: User): User {
  const filled = Object.entries(extra).filter(([, [value]]) => value !== "");
  const accountId = [user.uid?.split(":")[1] ?? ""];
  return { ...user, extra: { ...Object.fromEntries(filled), accountId } };
}
