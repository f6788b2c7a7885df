// Lint rules for single mappings and denials: invalid, expired, soon to expire, or pinned.

import { isExpired, notAfterTime } from "../../../functions/lib/not-after.ts";
import type { Finding, Subject } from "./finding.ts";

const SOON_DAYS = 30;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Up to this number of hours, an end is printed in hours. */
const FEW_HOURS = 48;

export function invalid({ readings }: Subject): Finding[] {
  return [...readings].flatMap(([where, { kind, problems }]) =>
    problems.map((problem): Finding => {
      if (kind !== "deny") return { level: "error", rule: "invalid", where, message: problem };
      const message = `${problem}. Until it is fixed, this list denies every identity that it covers`;
      return { level: "error", rule: "deny-list-invalid", where, message };
    }),
  );
}

export function ending({ entries, denials, context: { now } }: Subject): Finding[] {
  const ends = [
    ...entries.map(({ parameter, entry: { mapping } }) => {
      const what = mapping.session === undefined ? "" : `the mapping of session ${mapping.session} `;
      return { where: parameter, what, notAfter: mapping.notAfter };
    }),
    ...denials.map(({ parameter, denial: { entry } }) => {
      return { where: parameter, what: `the denial of ${entry.arnLike} `, notAfter: entry.notAfter };
    }),
  ];
  return ends.flatMap(({ where, what, notAfter }): Finding[] => {
    if (notAfter === undefined) return [];
    if (isExpired(notAfter, now)) {
      return [{ level: "warning", rule: "expired", where, message: `${what}ended on ${notAfter}: remove it` }];
    }
    const hours = Math.ceil(((notAfterTime(notAfter) ?? now) - now) / HOUR_MS);
    const days = Math.ceil(hours / DAY_HOURS);
    if (days > SOON_DAYS) return [];
    const left = hours <= FEW_HOURS ? `${hours} h` : `${days} d`;
    return [{ level: "info", rule: "expires-soon", where, message: `${what}ends in ${left}, on ${notAfter}` }];
  });
}

/** A role that is deleted and recreated with the same name inherits the mapping, unless it is pinned. */
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
