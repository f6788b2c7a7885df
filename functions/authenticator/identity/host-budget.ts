// Limits the share of an environment's time in which it waits for STS hosts that strangers can name
// in their tokens.

import { httpError } from "../../errors.ts";
import { agesBy, type Moment } from "../../lib/age.ts";
import type { Clock } from "../../lib/deadline.ts";
import { LruMap } from "../../lib/lru-map.ts";
import { pauseAfterCalls } from "../../lib/pause.ts";
import type { StsHosts } from "../token/sts-hosts.ts";
import type { VerifiedIdentity } from "./identity.ts";
import type { Proof, ProveIdentity } from "./prove-identity.ts";

/** How long a host is known after a login, and an identity. */
const KNOWN_MS = 3_600_000;
const MAX_IDENTITIES = 2_000;

interface BudgetRules {
  readonly stsHosts: Pick<StsHosts, "budgeted">;
  /** Empty: any account. */
  readonly accounts: readonly string[];
}

/**
 * Returns `prove` with a limit for the hosts in `budgeted`. An environment answers one review at a
 * time, so a token for a far or slow host takes its time away from logins. After a call that ends
 * without a grant, no token is sent to such hosts for four times as long as the call took. The call
 * has the time of one try. Hosts with a login in the last hour have all the time, and share a
 * separate pause, which is only as long as the call. The pauses are by host and not by access key:
 * keys are not secret, and strangers have keys too. During a pause, it throws `host_busy`.
 *
 * A fault after the proof is not the identity's: it ends the pause, and a known host stays known. If
 * every account is accepted, strangers prove identities too, so this applies only to identities with
 * a login in the last hour.
 */
export function withHostBudget(
  prove: ProveIdentity,
  { stsHosts: { budgeted }, accounts }: BudgetRules,
  clock: Clock,
): ProveIdentity {
  const ages = agesBy(clock);
  const unknown = pauseAfterCalls(ages, 4);
  const known = pauseAfterCalls(ages, 1);
  /** By host. Bounded, since the settings list the hosts. */
  const logins = new Map<string, Moment>();
  /** By ARN, with the session. Strangers cannot fill it: only logins add to it. */
  const identities = new LruMap<string, Moment>(MAX_IDENTITIES);
  const isRecent = (login: Moment | undefined): boolean =>
    login !== undefined && ages.isFresh(login, KNOWN_MS);

  const isOurs = ({ arn }: VerifiedIdentity): boolean =>
    accounts.length > 0 || isRecent(identities.get(arn));
  const rememberLogin: NonNullable<Proof["onEnd"]> = (end, { arn }) => {
    if (end === "granted") identities.set(arn, ages.now());
  };

  return async (token, deadline) => {
    const { host } = token;
    if (!budgeted.has(host)) return { ...(await prove(token, deadline)), onEnd: rememberLogin };
    const pause = isRecent(logins.get(host)) ? known : unknown;
    if (!pause.isOver())
      throw httpError("host_busy", "other tokens for STS hosts of other Regions were just sent");
    // Otherwise the first tokens for a silent host would take each environment for as long as
    // kube-apiserver's five tries last.
    const time = pause === unknown ? "try" : "all";
    const { result: proof, end: endPause } = await pause.after(() => prove(token, deadline, time));
    const onEnd: Proof["onEnd"] = (end, identity) => {
      rememberLogin(end, identity);
      if (!isOurs(identity)) return;
      if (end === "granted" || isRecent(logins.get(host))) logins.set(host, ages.now());
      endPause();
    };
    return { ...proof, onEnd };
  };
}
