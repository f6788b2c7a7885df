// The placeholders of usernames and groups, such as `{SessionName}`.

import type { VerifiedIdentity } from "../identity/identity.ts";

const PLACEHOLDERS = ["AccountID", "SessionName", "SessionNameRaw", "AccessKeyID", "EC2PrivateDNSName"] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

const PLACEHOLDER = /\{([^{}]*)\}/g;

/** What is wrong with a template, or `undefined`: an unknown placeholder and a stray brace are mistakes, never literal text. */
export function templateProblem(template: string): string | undefined {
  for (const [, name = ""] of template.matchAll(PLACEHOLDER)) {
    if (PLACEHOLDERS.some((known) => known === name)) continue;
    return `an unknown placeholder: the placeholders are ${PLACEHOLDERS.map((known) => `{${known}}`).join(", ")}`;
  }
  if (!/[{}]/.test(template.replace(PLACEHOLDER, ""))) return undefined;
  // As aws-auth writes them.
  if (template.includes("{{")) return "doubled braces: a placeholder has single ones, such as {SessionName}";
  return "a brace that belongs to no placeholder";
}

export function usesPlaceholder(templates: readonly string[], placeholder: Placeholder): boolean {
  return templates.some((template) => template.includes(`{${placeholder}}`));
}

/** Every value that an identity has by itself; an instance's private DNS name is for EC2 to say. */
export function placeholderValues(identity: VerifiedIdentity): ReadonlyMap<Placeholder, string> {
  const { accountId, accessKeyId, sessionName } = identity;
  const values = new Map<Placeholder, string>([
    ["AccountID", accountId],
    ["AccessKeyID", accessKeyId],
  ]);
  if (sessionName !== undefined) {
    // As aws-iam-authenticator does, since RBAC tools stumble over `@`; the raw name is there as well.
    values.set("SessionName", sessionName.replaceAll("@", "-"));
    values.set("SessionNameRaw", sessionName);
  }
  return values;
}

/**
 * One pass over the template, so that a value which looks like a placeholder stays text. `onMissing` says what to do
 * where this identity has no such value: it must throw.
 */
export function renderTemplate(
  template: string,
  values: ReadonlyMap<Placeholder, string>,
  onMissing: (placeholder: string) => never,
): string {
  return template.replace(PLACEHOLDER, (_, name: string) => values.get(name as Placeholder) ?? onMissing(name));
}
