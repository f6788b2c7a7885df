// One local STS per server with the same identities, to attribute requests to servers.

import type { LocalServer } from "../../../local/http-server.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { type Case, requestKey, urlOf } from "./case.ts";
import type { StsBehaviour } from "./sts-answers.ts";

type Side = "ours" | "theirs";
type Counts = Record<Side, number>;

export async function startLocalSts(identities: readonly LocalIdentity[]) {
  const expected = new Map<string, { readonly behaviour: StsBehaviour; readonly asked: Counts }>();
  const strays: string[] = [];

  async function start(side: Side): Promise<LocalServer> {
    const server = await startSts({ identities });
    server.fail(({ target }) => {
      const entry = expected.get(requestKey(target.split("?").slice(1).join("?")));
      if (entry === undefined) strays.push(`${side}: ${target}`);
      if (entry === undefined) return undefined;
      const { behaviour, asked } = entry;
      asked[side] += 1;
      // the last behavior repeats
      return behaviour[Math.min(asked[side], behaviour.length) - 1];
    });
    return server;
  }

  const servers = { ours: await start("ours"), theirs: await start("theirs") };
  return {
    urls: { ours: servers.ours.url, theirs: servers.theirs.url },
    /** Requests that do not match a case: not the request of a token. */
    strays,
    /** Applies the STS behavior of a case until `end`, which returns the number of requests per server. */
    expect({ kind, token, sts: behaviour }: Case) {
      const asked = { ours: 0, theirs: 0 };
      const url = urlOf(token);
      if (url === undefined) return { end: () => asked };
      // A trailing space between the request target and the version is lost.
      const [sent = ""] = url.replace(/ +$/, "").split("#", 1);
      const key = requestKey(sent.split("?").slice(1).join("?"));
      // Without a date, neither calls STS, and truncated tokens could have equal keys.
      if (!/"x-amz-date,/.test(key)) return { end: () => asked };
      if (expected.has(key)) throw new Error(`two concurrent requests that STS cannot distinguish: ${kind}`);
      expected.set(key, { behaviour, asked });
      return {
        end() {
          expected.delete(key);
          return asked;
        },
      };
    },
    async close() {
      await Promise.all([servers.ours.close(), servers.theirs.close()]);
    },
  };
}
