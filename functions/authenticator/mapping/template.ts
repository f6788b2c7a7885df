// Checks and renders the placeholders of usernames and groups, such as `{SessionName}`.

import type { VerifiedIdentity } from "../identity/identity.ts";

const PLACEHOLDERS = ["AccountID", "SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** The problem of a template, or `undefined`. Unknown placeholders and stray braces are errors, never literal text. */
export function templateProblem(template: string): string | undefined {
  for (const [, name = ""] of template.matchAll(PLACEHOLDER)) {
    if (PLACEHOLDERS.some((known) => known === name)) continue;
    return `an unknown placeholder: the placeholders are ${PLACEHOLDERS.map((known) => `{${known}}`).join(", ")}`;
  }
  if (!/[{}]/.test(template.replace(PLACEHOLDER, ""))) return undefined;
  // The syntax of aws-auth.
  if (template.includes("{{")) return "double braces: use single ones, such as {SessionName}";
  return "a brace outside of a placeholder";
}

export function usesPlaceholder(templates: readonly string[], placeholder: Placeholder): boolean {
  return templates.some((template) => template.includes(`{${placeholder}}`));
}

/** The values that come from the identity. Only EC2 knows an instance's private DNS name. */
export function placeholderValues(identity: VerifiedIdentity): ReadonlyMap<Placeholder, string> {
  const { accountId, accessKeyId, sessionName } = identity;
  const values = new Map<Placeholder, string>([
    ["AccountID", accountId],
    ["AccessKeyID", accessKeyId],
  ]);
  if (sessionName !== undefined) {
    // Same as aws-iam-authenticator, since some RBAC tools do not accept `@`.
    values.set("SessionName", sessionName.replaceAll("@", "-"));
    values.set("SessionNameRaw", sessionName);
  }
  return values;
}

/**
 * Renders in one pass, so that a value that looks like a placeholder stays text. `onMissing` is called for a placeholder
 * without value, and must throw.
 */
export function renderTemplate(
  template: string,
  values: ReadonlyMap<Placeholder, string>,
  onMissing: (placeholder: string) => never,
): string {
  return template.replace(PLACEHOLDER, (_, name: string) => values.get(name as Placeholder) ?? onMissing(name));
}
