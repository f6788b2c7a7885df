// Lint rules for deny lists. `doctor` applies those that need no mapping, before an emergency needs
// the list.

import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { listed } from "../../io/print.ts";
import { deniedElsewhere } from "../denied-elsewhere.ts";
import { deniedIn, nameOfEntry } from "../entry.ts";
import type { ReviewSettings, StoredParameters } from "../evaluation.ts";
import { sessionProgram } from "../session-programs.ts";
import { MAX_BYTES } from "../stored.ts";
import { type StoredEntries, storedEntries } from "../stored-entries.ts";
import type { Finding, Level, Rule } from "./finding.ts";

/** The size above which a list is nearly full: a denial of a person in an emergency must fit in. */
const NEARLY_FULL_BYTES = 3_072;

function fullDenyLists({ parameters, review: { prefix } }: StoredEntries): Finding[] {
  return [...parameters].flatMap(([where, { value }]): Finding[] => {
    const bytes = Buffer.byteLength(value);
    if (readName(prefix, where)?.kind !== "deny" || bytes < NEARLY_FULL_BYTES) return [];
    const message = `the list has ${bytes} of ${MAX_BYTES} bytes: remove denials that are no longer needed (mappings allow)`;
    return [{ level: "warning", rule: "deny-list-full", where, message }];
  });
}

/**
 * Finds denials of names beside AWS-signed tokens, only if the function accepts these: it is a
 * warning if it accepts no others.
 */
function namesBesideSignedTokens({
  denials,
  review: { signedTokens, now },
}: StoredEntries): Finding[] {
  if (signedTokens === undefined) return [];
  const level: Level = signedTokens === "only" ? "warning" : "info";
  return denials.flatMap((denial): Finding[] => {
    const { parameter: where, mapping } = denial;
    if (!("name" in mapping) || isExpired(mapping.notAfter, now)) return [];
    const message = `${nameOfEntry(denial)} denies all AWS-signed tokens of every role, which contain no session`;
    return [{ level, rule: "no-signed-token", where, message }];
  });
}

/** Finds people who are denied in other roles of an account, but not in one. */
export function deniedInOtherRoles(stored: StoredEntries): Finding[] {
  const { mappings, denials, parameters, review } = stored;
  if (mappings.length === 0 || denials.length === 0) return [];
  return deniedElsewhere(parameters.keys(), parameters, review).map(({ parameter, people }) => {
    const message = `not denied here, but in other roles of the account: ${listed(people, "", 3)}`;
    return { level: "info", rule: "denied-elsewhere", where: parameter, message };
  });
}

/** Finds denials of session names that a program gives to all of its sessions. */
export function programDenials({ denials }: StoredEntries): Finding[] {
  return denials.flatMap(({ parameter: where, mapping }): Finding[] => {
    const ofSession = /:assumed-role\/[^/]+\/([^/]+)$/i.exec(deniedIn(mapping))?.[1] ?? "";
    const name = "name" in mapping ? mapping.name : ofSession;
    const { program, isConstant } = sessionProgram(name) ?? {};
    const message = `the denial of session ${name} denies all users of ${program}, which gives every session this name`;
    return isConstant ? [{ level: "warning", rule: "program-session", where, message }] : [];
  });
}

/** Those that `doctor` applies. */
export const DENIAL_RULES: readonly Rule[] = [fullDenyLists, namesBesideSignedTokens];

/** Returns the findings about deny lists alone. */
export function lintDenials(lists: StoredParameters, review: ReviewSettings): Finding[] {
  const stored = storedEntries(lists, review);
  const findings = DENIAL_RULES.flatMap((rule) => rule(stored));
  return findings.map((finding) => ({
    ...finding,
    where: shortName(finding.where, review.prefix),
  }));
}
