// The guard against locking everybody out: until when somebody reaches `system:masters`, before and after a change.

import { isOver, notAfterTime } from "../../functions/authenticator/lib/not-after.ts";
import type { StoredParameter } from "../../functions/authenticator/mapping/finding.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { Entry } from "../document/entry.ts";
import { readParameter } from "../document/parameters.ts";
import { finding } from "../failure.ts";
import { decideForHolder } from "../lib/holder.ts";
import type { Site } from "../lib/site.ts";

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles: no RBAC rule can take this away */
export const MASTERS = "system:masters";

type Parameters = ReadonlyMap<string, StoredParameter>;

export function isMaster({ groups = [] }: Mapping): boolean {
  return groups.includes(MASTERS);
}

/** Throws where somebody reaches `system:masters` for good now, and after the change nobody does, or only for a time. */
export function guardMasters(before: Parameters, after: Parameters, site: Site): void {
  const now = mastersUntil(before, site);
  const then = mastersUntil(after, site);
  if (now === undefined || then === Number.POSITIVE_INFINITY) return;
  const loses = then === undefined || now === Number.POSITIVE_INFINITY;
  if (!loses) return;
  const when = then === undefined ? "at once" : `on ${new Date(then).toISOString()}`;
  throw finding(
    `Refused: the last mapping that reaches ${MASTERS} would end ${when}. ` +
      "If there is another way into the cluster, use --force.",
  );
}

/** Milliseconds since 1970, infinity without an end; `undefined` where nobody does. */
function mastersUntil(parameters: Parameters, site: Site): number | undefined {
  const ends: number[] = [];
  for (const [name, stored] of parameters) {
    if (!stored.value.includes(MASTERS)) continue;
    for (const entry of readParameter(site.prefix, name, stored).entries) {
      if (isMaster(entry.mapping) && counts(entry, parameters, site)) ends.push(endOf(entry.mapping));
    }
  }
  return ends.length === 0 ? undefined : Math.max(...ends);
}

function counts(entry: Entry, parameters: Parameters, site: Site): boolean {
  if (isOver(entry.mapping.notAfter, site.now)) return false;
  const decision = decideForHolder(entry, parameters, site);
  if (decision === undefined) return true;
  const verdict = decision.deciding?.verdict;
  return verdict?.kind === "match" && isMaster(verdict.mapping);
}

function endOf({ notAfter }: Mapping): number {
  return (notAfter === undefined ? undefined : notAfterTime(notAfter)) ?? Number.POSITIVE_INFINITY;
}
