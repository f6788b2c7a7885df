// Converts the answers of both servers to one form: `granted`, or `denied token_malformed`.

import { isDeepStrictEqual } from "node:util";
import type { Reply } from "../../post.ts";
import type { User } from "../../system/answers.ts";

type Answer = Pick<Reply, "status" | "text">;

interface Outcomes {
  /** Our decision, with the code of an error. */
  readonly ours: string;
  /** The peer's. `granted as another`: both grant, but different users. */
  readonly theirs: string;
}

export function outcomesOf(ours: Answer, theirs: Answer): Outcomes {
  const [our, their] = [JSON.parse(ours.text), theirs.status === 200 ? JSON.parse(theirs.text) : {}];
  const { authenticated, user, error } = our.status instanceof Object ? our.status : {};
  const [code = ""] = (error ?? our.message ?? "").split(":");
  const isSame = isDeepStrictEqual(user, their.status?.user && asOurs(their.status.user));
  // authenticateEndpoint in the peer's pkg/server/server.go.
  const decided = named(theirs.status, { 200: "granted", 400: "bad request", 403: "denied", 429: "throttled" });
  return {
    ours: authenticated
      ? "granted"
      : ours.status === 200 && error === undefined
        ? "not ours"
        : `${named(ours.status, { 200: "denied", 400: "bad request", 413: "bad request", 429: "throttled", 500: "fault" })} ${code}`,
    theirs: decided === "granted" && authenticated && !isSame ? "granted as another" : decided,
  };
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
