// The local STS, once for each server: the same program with the same identities, told apart by who asks it.

import type { LocalServer } from "../../../local/http-server.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import { startSts } from "../../../local/sts/start-sts.ts";
import { type Case, requestKey, urlOf } from "./case.ts";
import type { StsBehaviour } from "./sts-answers.ts";

export type Side = "ours" | "theirs";
type Counts = Record<Side, number>;

export interface LocalSts {
  readonly urls: Readonly<Record<Side, string>>;
  /** Lets STS behave as a case says, until `end` tells how often each server has asked. */
  expect(made: Case): { end(): Readonly<Counts> };
  /** Requests that belong to no case: what was sent is not what a token said. */
  readonly strays: readonly string[];
  close(): Promise<void>;
}

export async function startLocalSts(identities: readonly LocalIdentity[]): Promise<LocalSts> {
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
      // the last of a behaviour goes on
      return behaviour[Math.min(asked[side], behaviour.length) - 1];
    });
    return server;
  }

  const servers = { ours: await start("ours"), theirs: await start("theirs") };
  return {
    urls: { ours: servers.ours.url, theirs: servers.theirs.url },
    strays,
    expect({ kind, token, sts: behaviour }) {
      const asked = { ours: 0, theirs: 0 };
      const url = urlOf(token);
      if (url === undefined) return { end: () => asked };
      // A space at the end is lost between a request's target and its version.
      const [sent = ""] = url.replace(/ +$/, "").split("#", 1);
      const key = requestKey(sent.split("?").slice(1).join("?"));
      // Neither asks STS without a date, and what is left of tokens that were cut off could be the same.
      if (!/"x-amz-date,/.test(key)) return { end: () => asked };
      if (expected.has(key)) throw new Error(`two requests at once that STS could not tell apart: ${kind}`);
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
