// Lint rules for the claims of AWS-signed tokens in usernames and groups.

import {
  chosenPlaceholdersIn,
  claimPlaceholdersIn,
} from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import { isOfSet, type MappingKind } from "../../../functions/authenticator/mapping/kinds.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import { nameOfEntry } from "../entry.ts";
import type { PlacedMapping } from "../entry-arns.ts";
import type { StoredEntries } from "../stored-entries.ts";
import { entryRule, type Finding } from "./finding.ts";

/** Finds names with claims that users or their administrators choose. */
export const chosenClaims = entryRule("warning", "chosen-claim", ({ kind, mapping }) => {
  const { username = "", groups = [] } = mapping;
  return [username, ...groups].flatMap((name) => {
    const chosen = chosenPlaceholdersIn(name);
    if (chosen.length === 0) return [];
    const choosers = choosersOf(chosen, kind);
    if (name === username && !groups.includes(name)) return `username ${name}: ${choosers}`;
    const prefix = textBeforeTag(name);
    return `group ${name}: ${choosers}. Give no group that begins with ${prefix} more rights than the least trusted of them`;
  });
});

/** Returns who can choose the values of the placeholders, as a sentence without a period. */
function choosersOf(chosen: readonly string[], kind: MappingKind): string {
  const isTag = chosen.some((name) => name !== "SourceIdentity");
  const actions = [
    ...(isTag ? ["sts:TagSession"] : []),
    ...(chosen.includes("SourceIdentity") ? ["sts:SetSourceIdentity"] : []),
  ];
  if (isOfSet(kind) && isTag)
    return "administrators of IAM Identity Center, SCIM and the identity provider choose the value, an attribute for access control";
  // Only sessions of roles pass tags.
  if (kind === "user" && isTag) return "anyone who may tag the user chooses the value";
  const taggers = isTag ? "anyone who may tag the principal, and " : "";
  return `${taggers}anyone who may assume the role chooses the value, unless its trust policy restricts ${actions.join(" and ")}`;
}

/** Returns the text before the placeholder of a group with a tag. */
function textBeforeTag(group: string): string {
  return group.slice(0, group.indexOf("{"));
}

/** Finds mappings with claims where the function accepts tokens without claims. */
export const claimsBesideOtherTokens = entryRule(
  "warning",
  "needs-signed-token",
  ({ mapping }, { review: { signedTokens, now } }) => {
    const { username = "", groups = [], notAfter } = mapping;
    const [claim] = [username, ...groups].flatMap(claimPlaceholdersIn);
    if (claim === undefined || signedTokens === "only" || isExpired(notAfter, now))
      return undefined;
    return signedTokens === undefined
      ? `{${claim}} is only in AWS-signed tokens, which the function does not accept: each token is denied`
      : `{${claim}} is only in AWS-signed tokens: k8s-aws-v1. tokens, such as those of aws eks get-token, are denied`;
  },
);

/**
 * Finds tags with a key that IAM Identity Center cannot pass, since AWS reserves it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_know
 */
export const reservedKeys = entryRule("warning", "reserved-tag-key", ({ kind, mapping }) => {
  const { username = "", groups = [] } = mapping;
  const reserved = [username, ...groups]
    .flatMap(claimPlaceholdersIn)
    .filter((name) => /^PrincipalTag:aws:/i.test(name));
  return (
    isOfSet(kind) &&
    [...new Set(reserved)].map(
      (name) => `{${name}} never has a value: the keys of session tags cannot begin with aws:`,
    )
  );
});

/** Finds groups of other mappings that a tag can also become. */
export function groupsBelowTags({ mappings, review: { now } }: StoredEntries): Finding[] {
  const active = mappings.filter(({ mapping }) => !isExpired(mapping.notAfter, now));
  const tagged = active.flatMap((entry) =>
    groupsOf(entry)
      .filter((group) => claimPlaceholdersIn(group).length > 0)
      .map((group) => ({ entry, group, prefix: textBeforeTag(group) })),
  );
  return active.flatMap(({ parameter: where, mapping: { groups = [] } }) =>
    groups.flatMap((group): Finding[] => {
      const tag = tagged.find(
        ({ group: withTag, prefix }) => withTag !== group && group.startsWith(prefix),
      );
      if (tag === undefined) return [];
      const message = `group ${group}: ${tag.group} of ${nameOfEntry(tag.entry)} can become it, with the right value of the tag`;
      return [{ level: "warning", rule: "group-below-tag", where, message }];
    }),
  );
}

function groupsOf({ mapping: { groups = [] } }: PlacedMapping): readonly string[] {
  return groups;
}
