// Lint rules for mappings that never apply, administrators, node names and wide grants.

import { acceptsAccount } from "../../../functions/authenticator/identity/identity.ts";
import {
  ADMIN_GROUPS,
  adminGroupsOf,
} from "../../../functions/authenticator/mapping/admin-groups.ts";
import { arnPattern, parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import {
  mappingParameter,
  permissionSetInAnyCase,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { usesPlaceholder } from "../../../functions/authenticator/mapping/template.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { administratorsIn } from "../access/administrators.ts";
import { planState } from "../access/state.ts";
import { accountOf, type Entry } from "../entry.ts";
import { type PlacedEntry, type PlacedMapping, sectionsCover } from "../entry-arns.ts";
import { decideForPrincipal, type ReviewSettings, type StoredParameters } from "../evaluation.ts";
import { mayMakeAdministrator } from "../names.ts";
import type { StoredEntries } from "../stored-entries.ts";
import { entryRule, type Finding } from "./finding.ts";

export const unreachable = entryRule("error", "unreachable", (entry, { review }) => {
  const arn = parseMappedArn(entry.mapping.arn ?? "");
  if (arn === undefined) return undefined;
  const expected = mappingParameter(review.prefix, arn.kind, arn.accountId, arn.name);
  if (expected !== entry.parameter)
    return `reviews of its arn use ${shortName(expected, review.prefix)} instead`;
  if (arn.partition === review.partition) return undefined;
  return `its arn is in partition ${arn.partition}, but the function is in ${review.partition}`;
});

/**
 * Finds mappings of other accounts, whose identities the function denies before it reads a mapping.
 */
export const foreignAccounts = entryRule(
  "warning",
  "foreign-account",
  (entry, { review: { accounts = [], now } }) => {
    const { account: of, mapping } = entry;
    const account = of === "any" ? accountOf(mapping.arnLike ?? "") : of;
    const isAccepted = account === "any" || acceptsAccount(accounts, account);
    const line = JSON.stringify([...accounts, account]).replaceAll(",", ", ");
    return (
      !isAccepted &&
      !isExpired(mapping.notAfter, now) &&
      `the function accepts no login of account ${account}. To accept them, set this in cdk.json, and deploy: "accounts": ${line}`
    );
  },
);

/** Finds mappings to whose principal a denial or a mapping with higher precedence applies. */
export const shadowed = entryRule("warning", "shadowed", (entry, { parameters, review }) => {
  // A command that writes one parameter has no other.
  const deciding = parameters.size > 1 ? shadowOf(entry, parameters, review) : undefined;
  if (deciding === undefined) return undefined;
  const first = shortName(deciding.parameter, review.prefix);
  const { session } = entry.mapping;
  const whose = session === undefined ? "" : `session ${session}: `;
  return `${whose}${deciding.verdict.kind === "deny" ? `denied by ${first}` : `${first} takes precedence`}`;
});

/**
 * Returns the evaluation that applies to the principal of the mapping, if it is of another
 * parameter.
 */
export function shadowOf(entry: InParameter, parameters: StoredParameters, review: ReviewSettings) {
  const { evaluations = [], deciding } = decideForPrincipal(entry, parameters, review) ?? {};
  const { parameter } = entry;
  const isMatch = evaluations.some(
    (evaluation) => evaluation.parameter === parameter && evaluation.verdict.kind === "match",
  );
  if (!isMatch || deciding === undefined || deciding.parameter === parameter) return undefined;
  // The invalid list has a finding. Findings for each mapping that it denies would hide that one.
  const isDenyList = deciding.place === "deny-account" || deciding.place === "deny-any";
  return deciding.verdict.kind === "invalid" && isDenyList ? undefined : deciding;
}

/**
 * Finds separate mappings of permission sets' roles. Such a mapping takes precedence over the set,
 * but only until the suffix changes.
 */
export const permissionSetRoles = entryRule(
  "info",
  "permission-set-role",
  ({ kind, name }) =>
    kind === "role" &&
    permissionSetInAnyCase(name) !== undefined &&
    "a permission set's role: map the set (sso/<account>/<set>), because the role's suffix can change",
);

export function coveredPatterns({ mappings, review }: StoredEntries): Finding[] {
  const covers = coversIn(mappings, review);
  return mappings.flatMap(({ parameter: where, mapping }): Finding[] => {
    const cover = covers.get(mapping);
    if (cover === undefined) return [];
    const message = `${mapping.arnLike} never applies: ${cover.arnLike} takes precedence`;
    return [{ level: "warning", rule: "covered-pattern", where, message }];
  });
}

type InParameter = Entry & Pick<PlacedEntry, "parameter">;

/**
 * Returns the pattern that always applies instead of a mapping of a pattern. The first matching
 * pattern applies, and an account's list precedes that for any account.
 */
export function coversIn(
  entries: readonly InParameter[],
  review: ReviewSettings,
): ReadonlyMap<Mapping, Mapping> {
  const patterns = entries.flatMap((entry) => (entry.kind === "pattern" ? entry : []));
  const lists = Map.groupBy(patterns, ({ parameter }) => parameter);
  const covers = [...lists].flatMap(([where, list]) =>
    list.flatMap(({ mapping }, index): [Mapping, Mapping][] => {
      const { arnLike = "" } = mapping;
      const ofAccount = mappingParameter(review.prefix, "pattern", arnLike.split(":")[4] ?? "");
      const before = ofAccount === where ? [] : (lists.get(ofAccount) ?? []);
      const cover = [...before, ...list.slice(0, index)].find((earlier) =>
        isCovered(arnLike, earlier.mapping),
      );
      return cover === undefined ? [] : [[mapping, cover.mapping]];
    }),
  );
  return new Map(covers);
}

/** Returns whether an earlier pattern surely matches all that `later` matches. */
function isCovered(later: string, { arnLike = "", notAfter }: Mapping): boolean {
  if (notAfter !== undefined) return false;
  const [pattern, other] = [arnPattern(arnLike), arnPattern(later)];
  return pattern !== undefined && other !== undefined && sectionsCover(pattern, other);
}

/**
 * Finds mappings with an administrators' group, and whether they surely grant it, as the lockout
 * guard evaluates them.
 */
export function masters({ mappings, parameters, review }: StoredEntries): Finding[] {
  const state = planState([], parameters, review);
  const ofAdministrators = mappings
    .filter(({ mapping }) => mayMakeAdministrator(mapping))
    .map((entry) => ({ entry, isSure: isSureAdministrator(entry, state) }));
  const findings = ofAdministrators.map(({ entry, isSure }) =>
    mastersFinding(entry, isSure, review),
  );
  if (ofAdministrators.some(({ isSure }) => isSure)) return findings;
  const message = `no principal's mapping surely grants ${ADMIN_GROUPS.join(" or ")}`;
  return [...findings, { level: "warning", rule: "no-masters", where: "", message }];
}

function isSureAdministrator(
  { parameter, mapping }: PlacedMapping,
  state: ReturnType<typeof planState>,
): boolean {
  return administratorsIn(parameter, state).some(
    (sure) =>
      sure.mapping.session === mapping.session && sure.mapping.username === mapping.username,
  );
}

function mastersFinding(
  { parameter, kind, mapping }: PlacedMapping,
  isSure: boolean,
  review: ReviewSettings,
): Finding {
  const isOver = isExpired(mapping.notAfter, review.now);
  const isWide = !isOver && (kind === "account" || kind === "pattern");
  const unsure = isOver ? "no longer grants" : "may grant";
  const granted = (mapping.groups ?? [])
    .filter((group) => adminGroupsOf(group).length > 0)
    .join(", ");
  const reach = isWide ? ", for more than one principal" : "";
  const message = `${isSure ? "grants" : unsure} ${granted}${reach}: ${mapping.arnLike ?? mapping.username}`;
  return { level: isWide ? "warning" : "info", rule: "masters", where: parameter, message };
}

export const chosenNodes = entryRule(
  "error",
  "node-name",
  (entry) =>
    isUnprovenNode(entry) &&
    choosesSession(entry) &&
    "anyone who assumes the role chooses the session name, and could pose as any node: use {EC2PrivateDNSName}",
);

export const nodes = entryRule(
  "warning",
  "node-name",
  (entry) =>
    isUnprovenNode(entry) &&
    !choosesSession(entry) &&
    "node name without {EC2PrivateDNSName}: EC2 does not confirm the instance",
);

/**
 * Returns whether a user looks like a node: system:node:<name> in the group system:nodes.
 * https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
function isUnprovenNode({ mapping: { username = "", groups = [] } }: PlacedEntry): boolean {
  const isNode = username.startsWith("system:node:") || groups.includes("system:nodes");
  return isNode && !usesPlaceholder([username], "EC2PrivateDNSName");
}

function choosesSession({ mapping: { username = "" } }: PlacedEntry): boolean {
  return (
    usesPlaceholder([username], "SessionName") || usesPlaceholder([username], "SessionNameRaw")
  );
}

export const accountWide = entryRule("warning", "account-wide", ({ kind, account, mapping }) => {
  if (kind === "account") return `grants access to every identity in account ${account}`;
  if (kind !== "pattern") return undefined;
  const { arnLike = "" } = mapping;
  const [, , , , ofAccount = "", ...resource] = arnLike.split(":");
  if (/^((role|user)\/)?\?*\*[*?]*$/.test(resource.join(":"))) {
    return `grants access to every identity that ${arnLike} matches`;
  }
  return /[*?]/.test(ofAccount) && `grants access to principals of any account: ${arnLike}`;
});
