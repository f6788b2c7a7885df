// Limits the share of an environment's time in which it waits for STS hosts that strangers can name
// in their tokens.

import { httpError } from "../../errors.ts";
import { agesBy, type Moment } from "../../lib/age.ts";
import type { Clock } from "../../lib/deadline.ts";
import { pauseAfterCalls } from "../../lib/pause.ts";
import type { StsHosts } from "../token/sts-hosts.ts";
import type { ProveIdentity } from "./prove-identity.ts";

/** How long a host counts as known after a login. */
const KNOWN_MS = 3_600_000;

/**
 * Returns `prove` with a limit for the hosts in `budgeted`. An environment answers one review at a
 * time, so a token for a far or slow host takes its time away from logins. After a call that ends
 * without a grant, no token is sent to such hosts for four times as long as the call took. Hosts
 * with a login in the last hour share a separate pause, which is only as long as the call. The
 * pauses are by host and not by access key: keys are not secret, and strangers have keys too.
 * During a pause, it throws `host_busy`.
 */
export function withHostBudget(
  prove: ProveIdentity,
  { budgeted }: StsHosts,
  clock: Clock,
): ProveIdentity {
  const ages = agesBy(clock);
  const unknown = pauseAfterCalls(ages, 4);
  const known = pauseAfterCalls(ages, 1);
  /** By host. Bounded, since the settings list the hosts. */
  const logins = new Map<string, Moment>();

  return async (token, deadline) => {
    const { host } = token;
    if (!budgeted.has(host)) return prove(token, deadline);
    const login = logins.get(host);
    const pause = login !== undefined && ages.isFresh(login, KNOWN_MS) ? known : unknown;
    if (!pause.isOver())
      throw httpError("host_busy", "other tokens for STS hosts of other Regions were just sent");
    const { result, end } = await pause.after(() => prove(token, deadline));
    const onGrant = (): void => {
      logins.set(host, ages.now());
      end();
    };
    return { ...result, onGrant };
  };
}
