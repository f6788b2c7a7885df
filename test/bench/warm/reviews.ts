// The measured reviews, by the work that they require and the expected response.

import { type LocalIdentity, localIdentity } from "../../../local/identities.ts";
import { CLUSTER_ID, REGION } from "../../../local/sandbox-settings.ts";
import { mintToken, type TokenOptions } from "../../../local/token.ts";
import { CALLER, reviewEvent } from "../review-event.ts";
import type { Batch } from "./environment.ts";

export interface Review {
  readonly name: string;
  /** Whether the review calls a service: then it is measured in smaller batches, and also with latency. */
  readonly asks: boolean;
  /** Creates this many reviews. */
  batch(size: number): Promise<Batch>;
}

/** `crowd`: identities with a mapping each, each used once as new. */
export async function makeReviews(crowd: readonly LocalIdentity[]): Promise<readonly Review[]> {
  const bob = localIdentity("bob");
  const token = await mint(bob, 0);
  const unknown = crowd.values();
  let minted = 0;
  const fresh = (identity: LocalIdentity, clusterId = CLUSTER_ID) => {
    minted += 1;
    return mint(identity, minted, { clusterId });
  };

  return [
    same("cached", token, granted("dev:bob-example.com")),
    same(
      "cached, through 20 denials and 20 patterns",
      await mint(localIdentity("bob-elsewhere"), 0),
      granted("team-19:bob-example.com"),
    ),
    different("new token of a known identity", () => fresh(bob), granted("dev:bob-example.com"), token),
    different("new identity", () => fresh(taken(unknown)), granted("")),
    same("not ours", SERVICE_ACCOUNT_TOKEN, { status: 200, holds: '{"authenticated":false}' }),
    same("malformed", `${token.slice(0, -40)}!${token.slice(-39)}`, refused("token_malformed")),
    same("of a foreign host", await mint(bob, 0, { host: "sts.example.com" }), refused("token_host_refused")),
    same("expired", await mint(bob, 0, { now: Date.now() - 1_200_000 }), refused("token_expired")),
    different("of another cluster", () => fresh(bob, "another"), refused("sts_refused")),
    same("of another cluster, again", await mint(bob, 0, { clusterId: "another" }), refused("sts_refused")),
    same("unmapped", await mint(localIdentity("contractor"), 0), refused("identity_unmapped")),
    same("denied by the last of 20", await mint(localIdentity("alice-elsewhere"), 0), refused("identity_denied")),
    same("its mapping invalid", await mint(localIdentity("federated"), 0), refused("mapping_invalid")),
    same("wrong caller", token, { status: 401, holds: "caller_refused" }, "another-caller"),
    same("no TokenReview", "", { status: 400, holds: "review_malformed" }),
  ];
}

type Expected = Pick<Batch, "status" | "holds">;

function granted(username: string): Expected {
  return { status: 200, holds: `"authenticated":true,"user":{"username":"${username}` };
}

function refused(code: string): Expected {
  return { status: 200, holds: `"authenticated":false,"error":"${code}: ` };
}

/** The same token each time; the first time is not measured. */
function same(name: string, token: string, expected: Expected, caller?: string): Review {
  const event = eventOf(token, caller);
  return {
    name,
    asks: false,
    batch: async (size) => ({ before: [event], events: [event], repeat: size, ...expected }),
  };
}

/** Another token each time; `known`, of the same identity, is reviewed before each batch. */
function different(name: string, next: () => Promise<string>, expected: Expected, known?: string): Review {
  return {
    name,
    asks: true,
    async batch(size) {
      const tokens = await Promise.all(Array.from({ length: size }, next));
      const before = known === undefined ? [] : [eventOf(known)];
      return { before, events: tokens.map((token) => eventOf(token)), repeat: 1, ...expected };
    },
  };
}

function taken<T>(items: Iterator<T>): T {
  const { value, done } = items.next();
  if (done === true) throw new Error("too few identities");
  return value;
}

/** A different token per `index`: up to 10 minutes old, with an expiry of up to 900 seconds. */
export function mint(identity: LocalIdentity, index: number, options: Partial<TokenOptions> = {}): Promise<string> {
  const now = Date.now() - (index % 600) * 1_000;
  return mintToken({
    identity,
    clusterId: CLUSTER_ID,
    region: REGION,
    now,
    expiresIn: 1 + Math.floor(index / 600),
    ...options,
  });
}

/** As long as in real clusters. */
const SERVICE_ACCOUNT_TOKEN = ["eyJhbGciOiJSUzI1NiIsImtpZCI6ImJlbmNoIn0", "a".repeat(720), "b".repeat(342)].join(".");

/** As JSON for the other process. */
export function eventOf(token: string, caller = CALLER): string {
  return JSON.stringify(reviewEvent(token, { caller }));
}
