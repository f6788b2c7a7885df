// Checks and renders the placeholders of usernames and groups, such as `{SessionName}`.
// Placeholders of claims are in claim-placeholders.ts.

import type { VerifiedIdentity } from "../identity/identity.ts";
import { adminGroupsOf } from "./admin-groups.ts";
import {
  CLAIM_PLACEHOLDERS,
  claimPlaceholderProblem,
  claimPlaceholdersIn,
  isClaimPlaceholder,
  PLACEHOLDER,
} from "./claim-placeholders.ts";

export const PLACEHOLDERS = [
  "AccountID",
  "SessionName",
  "SessionNameRaw",
  "AccessKeyID",
  "EC2PrivateDNSName",
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** Their values are not in AWS-signed tokens. */
export const SESSION_PLACEHOLDERS: readonly string[] = PLACEHOLDERS.filter(
  (name) => name !== "AccountID",
);

// C0, DEL, C1 and the two line separators: any of them could forge a line in a log.
// biome-ignore lint/suspicious/noControlCharactersInRegex: matches control characters
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/**
 * Returns the problem of a template, as a phrase; `undefined` if it has none. Unknown placeholders
 * and stray braces are errors, never literal text.
 */
export function templateProblem(template: string, key: "username" | "group"): string | undefined {
  if (CONTROL_CHARACTER.test(template)) return "a control character";
  for (const [, name = ""] of template.matchAll(PLACEHOLDER)) {
    if (PLACEHOLDERS.some((known) => known === name) || isClaimPlaceholder(name)) continue;
    const all = [...PLACEHOLDERS, ...CLAIM_PLACEHOLDERS];
    return `an unknown placeholder: the placeholders are ${all.map((known) => `{${known}}`).join(", ")}`;
  }
  if (!/[{}]/.test(template.replace(PLACEHOLDER, ""))) {
    const problem = claimPlaceholderProblem(template, key);
    return problem ?? (key === "group" ? adminGroupProblem(template) : undefined);
  }
  // The syntax of aws-auth.
  if (template.includes("{{")) return "double braces: use single ones, such as {SessionName}";
  return "a brace outside of a placeholder";
}

/** Returns why the claim in a group may make an administrator; `undefined` if it may not. */
function adminGroupProblem(group: string): string | undefined {
  const [claim] = claimPlaceholdersIn(group);
  const [name] = claim === undefined ? [] : adminGroupsOf(group);
  return name && `{${claim}}, whose value could make it ${name}: use another prefix, such as team:`;
}

export function usesPlaceholder(templates: readonly string[], placeholder: Placeholder): boolean {
  return templates.some((template) => template.includes(`{${placeholder}}`));
}

/**
 * Returns the values that come from the identity. Only EC2 knows an instance's private DNS name.
 */
export function placeholderValues(identity: VerifiedIdentity): ReadonlyMap<Placeholder, string> {
  const { accountId, accessKeyId, sessionName } = identity;
  const values = new Map<Placeholder, string>([["AccountID", accountId]]);
  if (accessKeyId !== undefined) values.set("AccessKeyID", accessKeyId);
  if (sessionName !== undefined) {
    // Same as aws-iam-authenticator, since some RBAC tools do not accept `@`.
    values.set("SessionName", sessionName.replaceAll("@", "-"));
    values.set("SessionNameRaw", sessionName);
  }
  return values;
}

/**
 * Renders in one pass, so that a value that looks like a placeholder stays text. `onMissing` is
 * called for a placeholder without value, and must throw.
 */
export function renderTemplate(
  template: string,
  values: ReadonlyMap<string, string>,
  onMissing: (placeholder: string) => never,
): string {
  return template.replace(PLACEHOLDER, (_, name: string) => values.get(name) ?? onMissing(name));
}

/**
 * Returns a phrase about a rendered username or group; `undefined` for a valid one. Text that a
 * user can influence must not become a reserved name.
 */
export function nameProblem(name: string, reservedPrefixes: readonly string[]): string | undefined {
  if (name === "") return "is empty";
  if (CONTROL_CHARACTER.test(name)) return "contains a control character";
  const reserved = reservedPrefixes.find((prefix) => name.startsWith(prefix));
  return reserved === undefined ? undefined : `begins with the reserved prefix ${reserved}`;
}
