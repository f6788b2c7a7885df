// Applies all lint rules, and has those for single values.

import { secondArnProblem } from "../../../functions/authenticator/mapping/arn.ts";
import { hasArn, KINDS } from "../../../functions/authenticator/mapping/kinds.ts";
import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isOfSessions } from "../../../functions/authenticator/mapping/possible-arn.ts";
import { SESSION_PLACEHOLDERS } from "../../../functions/authenticator/mapping/template.ts";
import { isExpired, notAfterTime } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { afterwards, type Wanted } from "../access/state.ts";
import { deniedIn, nameOfEntry } from "../entry.ts";
import type { PlacedMapping } from "../entry-arns.ts";
import type { ReviewSettings, StoredParameters } from "../evaluation.ts";
import { type StoredEntries, storedEntries } from "../stored-entries.ts";
import { type TextKind, typingFault } from "../typing.ts";
import * as claims from "./claims.ts";
import { DENIAL_RULES, deniedInOtherRoles, programDenials } from "./denials.ts";
import { entryRule, type Finding, LEVELS, type Level, type Rule } from "./finding.ts";
import * as names from "./names.ts";
import * as shadowing from "./shadowing.ts";

const SOON_DAYS = 30;

const HOUR_MS = 3_600_000;

const DAY_HOURS = 24;

/** Up to this number of hours, an end is printed in hours. */
const FEW_HOURS = 48;

function invalidValues({ problems, review: { prefix } }: StoredEntries): Finding[] {
  return [...problems].flatMap(([where, ofParameter]) =>
    ofParameter.map((problem): Finding => {
      if (readName(prefix, where)?.kind !== "deny")
        return { level: "error", rule: "invalid", where, message: problem };
      const message = `${problem}. Until it is fixed, this list denies every identity that it covers`;
      return { level: "error", rule: "deny-list-invalid", where, message };
    }),
  );
}

/** Finds mappings and denials with several ARNs, of which the function reads only the last one. */
function severalArns({ mappings, denials }: StoredEntries): Finding[] {
  return [...mappings, ...denials].flatMap(({ parameter: where, kind, mapping }): Finding[] => {
    const message = secondArnProblem(
      kind === "deny" ? deniedIn(mapping) : (mapping.arn ?? mapping.arnLike),
    );
    return message === undefined ? [] : [{ level: "error", rule: "several-arns", where, message }];
  });
}

function ending({ mappings, denials, review: { now } }: StoredEntries): Finding[] {
  const ends = [...mappings, ...denials].map((entry) => {
    const { session, notAfter } = entry.mapping;
    const ofSession = session === undefined ? "" : `the mapping of session ${session} `;
    return {
      where: entry.parameter,
      what: entry.kind === "deny" ? `${nameOfEntry(entry)} ` : ofSession,
      notAfter,
    };
  });
  return ends.flatMap(({ where, what, notAfter }): Finding[] => {
    if (notAfter === undefined) return [];
    if (isExpired(notAfter, now)) {
      return [
        {
          level: "warning",
          rule: "expired",
          where,
          message: `${what}ended on ${notAfter}: remove it`,
        },
      ];
    }
    const hours = Math.ceil(((notAfterTime(notAfter) ?? now) - now) / HOUR_MS);
    const days = Math.ceil(hours / DAY_HOURS);
    if (days > SOON_DAYS) return [];
    const left = hours <= FEW_HOURS ? `${hours} h` : `${days} d`;
    return [
      {
        level: "info",
        rule: "expires-soon",
        where,
        message: `${what}ends in ${left}, on ${notAfter}`,
      },
    ];
  });
}

/**
 * Counts the pinned mappings. A role that is deleted and recreated with the same name inherits the
 * mapping, unless it is pinned.
 */
function pinned({ mappings }: StoredEntries): Finding[] {
  const named = mappings.filter(({ kind }) => KINDS[kind].idStart !== undefined);
  const pins = named.filter(({ mapping }) => mapping.principalId !== undefined).length;
  const message = `${pins} of ${named.length} roles and users are pinned by principalId`;
  return named.length === 0 ? [] : [{ level: "info", rule: "pinned", where: "", message }];
}

/**
 * Finds what AWS-signed tokens cannot use, only if the function accepts these: it is a warning if
 * it accepts no others.
 */
function unusableBySignedTokens({ mappings, denials, review }: StoredEntries): Finding[] {
  const { signedTokens, now } = review;
  if (signedTokens === undefined) return [];
  const level: Level = signedTokens === "only" ? "warning" : "info";
  const isLive = ({ notAfter }: { readonly notAfter?: string }) => !isExpired(notAfter, now);
  const needs = mappings.flatMap((placed) => {
    const message = isLive(placed.mapping) ? needOf(placed) : undefined;
    return message === undefined ? [] : [{ where: placed.parameter, message }];
  });
  const denied = denials.flatMap((denial) => {
    const { parameter: where, mapping } = denial;
    const message = `${nameOfEntry(denial)} denies all AWS-signed tokens of its role, which contain no session`;
    return "arnLike" in mapping && isOfSessions(mapping.arnLike) && isLive(mapping)
      ? [{ where, message }]
      : [];
  });
  return [...needs, ...denied].map((finding) => ({ level, rule: "no-signed-token", ...finding }));
}

/** Returns why no AWS-signed token can use the mapping. Only roles and users have such tokens. */
function needOf({ kind, mapping }: PlacedMapping): string | undefined {
  const { principalId, session, username = "", groups = [] } = mapping;
  if (hasArn(kind) && KINDS[kind].idStart === undefined)
    return `no AWS-signed token is for a ${kind.replace("-", " ")}`;
  if (session !== undefined) {
    return `the entry of session ${session} denies all AWS-signed tokens of the permission set, which contain no session`;
  }
  if (principalId !== undefined)
    return "no AWS-signed token can use it: it is pinned by principalId";
  const used = SESSION_PLACEHOLDERS.find((name) =>
    [username, ...groups].some((text) => text.includes(`{${name}}`)),
  );
  return used === undefined
    ? undefined
    : `no AWS-signed token can use it: it has no value for {${used}}`;
}

/**
 * Finds texts that no identity can have, or that RBAC compares with a name that looks the same. Not
 * in descriptions, in which typographic quotes and dashes are right.
 */
const ofMappings = entryRule("warning", "typing", ({ mapping }) => {
  const { arn, arnLike, session, username, groups = [], principalId } = mapping;
  return [
    ...faultOf("arn", arn ?? arnLike, "name"),
    ...faultOf("session", session, "name"),
    ...faultOf("username", username, "template"),
    ...groups.flatMap((group) => faultOf("group", group, "template")),
    ...faultOf("principalId", principalId, "id"),
  ];
});

function typingFaults(stored: StoredEntries): Finding[] {
  const denied = stored.denials.flatMap(({ parameter: where, mapping }) =>
    faultOf("the denial of", deniedIn(mapping), "name").map(
      (message): Finding => ({ level: "warning", rule: "typing", where, message }),
    ),
  );
  return [...ofMappings(stored), ...denied];
}

function faultOf(key: string, text: string | undefined, kind: TextKind): string[] {
  const fault = text === undefined ? undefined : typingFault(text, kind);
  return fault === undefined ? [] : [`${key} ${JSON.stringify(text)} ${fault}`];
}

/** The rules in the order of the output, within a level. */
const RULES: readonly Rule[] = [
  invalidValues,
  ...DENIAL_RULES,
  shadowing.unreachable,
  shadowing.foreignAccounts,
  shadowing.chosenNodes,
  shadowing.nodes,
  shadowing.shadowed,
  shadowing.coveredPatterns,
  names.repeatedSessions,
  names.sessionsWithoutSet,
  names.systemNames,
  shadowing.accountWide,
  ending,
  shadowing.masters,
  shadowing.permissionSetRoles,
  pinned,
  names.chosenGroups,
  names.chosenUsernames,
  names.missingSessions,
  names.misspeltGroups,
  names.spaces,
  typingFaults,
  names.sharedUsernames,
  claims.chosenClaims,
  claims.claimsBesideOtherTokens,
  claims.reservedKeys,
  claims.groupsBelowTags,
  programDenials,
  unusableBySignedTokens,
  deniedInOtherRoles,
  severalArns,
];

export function lint(parameters: StoredParameters, review: ReviewSettings): Finding[] {
  const stored = storedEntries(parameters, review);
  const findings = RULES.flatMap((rule) => rule(stored));
  return bySeverity(
    findings.map((finding) => ({ ...finding, where: shortName(finding.where, review.prefix) })),
  );
}

/**
 * Returns warnings for the values that are written, by parameter. Omits information, and
 * findings about all mappings, which `mappings lint` prints.
 */
export function warningsFor(
  changes: readonly Wanted[],
  review: ReviewSettings,
): ReadonlyMap<string, readonly string[]> {
  const findings = lint(afterwards(new Map(), changes), review);
  const shown = findings.filter(({ level, where }) => level !== "info" && where !== "");
  const byName = Map.groupBy(shown, ({ where }) => `${review.prefix}/${where}`);
  return new Map(
    [...byName].map(([name, findings]) => [name, findings.map(({ message }) => message)]),
  );
}

export function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
