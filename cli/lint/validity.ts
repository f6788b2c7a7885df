// Rules on single mappings: what is invalid, and what has ended or ends soon.

import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";
import type { Finding, Subject } from "./finding.ts";

const SOON_DAYS = 30;
const DAY_MS = 86_400_000;

export function invalid({ readings }: Subject): Finding[] {
  return [...readings].flatMap(([where, { problems }]) =>
    problems.map((message) => ({ level: "error" as const, rule: "invalid", where, message })),
  );
}

export function ending({ entries, context: { now } }: Subject): Finding[] {
  return entries.flatMap(({ parameter: where, entry: { mapping } }): Finding[] => {
    const { notAfter } = mapping;
    if (notAfter === undefined) return [];
    if (isExpired(notAfter, now)) {
      return [{ level: "warning", rule: "expired", where, message: `ended on ${notAfter}: remove it` }];
    }
    const days = Math.ceil(((notAfterTime(notAfter) ?? now) - now) / DAY_MS);
    if (days > SOON_DAYS) return [];
    return [{ level: "info", rule: "expires-soon", where, message: `ends in ${days} d, on ${notAfter}` }];
  });
}

/** Who removes a role and makes it anew with the same name inherits its mapping, unless it is pinned. */
export function pinned({ entries }: Subject): Finding[] {
  const named = entries.filter(({ entry: { kind } }) => kind === "role" || kind === "user");
  const pins = named.filter(({ entry: { mapping } }) => mapping.principalId !== undefined).length;
  if (named.length === 0) return [];
  return [
    {
      level: "info",
      rule: "pinned",
      where: "",
      message: `${pins} of ${named.length} roles and users are pinned by principalId`,
    },
  ];
}
