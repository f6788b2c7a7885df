// Placeholders for the claims of AWS-signed tokens: `{IdentityStoreUserId}`, `{SourceIdentity}`,
// `{PrincipalTag:<key>}`.

import type { SignedClaims } from "../identity/identity.ts";

export const CLAIM_PLACEHOLDERS = [
  "IdentityStoreUserId",
  "SourceIdentity",
  "PrincipalTag:<key>",
] as const;

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules: the characters of a
 * tag's key
 */
const PRINCIPAL_TAG = /^PrincipalTag:([\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128})$/u;
export const PLACEHOLDER = /\{([^{}]*)\}/g;

/** Values with other characters, such as `:`, could imitate a name that another mapping gives. */
const CLAIM_VALUE = /^[A-Za-z0-9_.@+=-]{1,128}$/;

export function isClaimPlaceholder(name: string): boolean {
  return name === "IdentityStoreUserId" || isChosen(name);
}

/**
 * Returns whether users can influence the value: those who may tag the principal, or assume the
 * role. AWS chooses the others.
 */
function isChosen(name: string): boolean {
  return name === "SourceIdentity" || PRINCIPAL_TAG.test(name);
}

/** Returns the claim placeholders in a template, each once. */
export function claimPlaceholdersIn(template: string): string[] {
  const names = Array.from(template.matchAll(PLACEHOLDER), ([, name = ""]) => name);
  return [...new Set(names.filter(isClaimPlaceholder))];
}

/** Returns the claim placeholders whose values users can influence. */
export function chosenPlaceholdersIn(template: string): string[] {
  return claimPlaceholdersIn(template).filter(isChosen);
}

/**
 * Returns why the claim placeholders of a template are not allowed where they are; `undefined` if
 * they are. A value that users can influence must not become a complete name, or a name that begins
 * with `system:`.
 */
export function claimPlaceholderProblem(
  template: string,
  key: "username" | "group",
): string | undefined {
  const isGroup = key === "group";
  const [position, example] = isGroup ? ["end a group, after", "team"] : ["follow", "aws"];
  for (const { 0: placeholder, 1: name = "", index } of template.matchAll(PLACEHOLDER)) {
    if (!isClaimPlaceholder(name)) continue;
    if (isGroup && !PRINCIPAL_TAG.test(name)) return `${placeholder}, which is only for usernames`;
    const start = template.slice(0, index);
    const isAllowed = isGroup
      ? start + placeholder === template && /^[^{]+:$/.test(start)
      : !isChosen(name) || /^[^{].*:$/s.test(start);
    if (isAllowed && !(isChosen(name) && template.startsWith("system:"))) continue;
    return `${placeholder}, which must ${position} literal text that ends in ":" and does not begin with "system:", such as ${example}:${placeholder}`;
  }
  return undefined;
}

/** Returns the value of a claim placeholder; `undefined` if the token has no such claim. */
export function claimValue(
  name: string,
  { identityStoreUserId, sourceIdentity, principalTags }: SignedClaims,
): unknown {
  if (name === "IdentityStoreUserId") return identityStoreUserId;
  if (name === "SourceIdentity") return sourceIdentity;
  const key = tagKey(name);
  return Object.hasOwn(principalTags, key) ? principalTags[key] : undefined;
}

/** Returns the key of a `PrincipalTag:<key>`; empty for another placeholder. */
export function tagKey(name: string): string {
  return PRINCIPAL_TAG.exec(name)?.[1] ?? "";
}

/** Returns whether a name may contain the value. */
export function isClaimValue(value: unknown): value is string {
  return typeof value === "string" && CLAIM_VALUE.test(value);
}
