// Finds usernames that several mappings can give, and session names that render reserved names.

import { CLAIM_VALUE, isClaimPlaceholder } from "../../functions/authenticator/mapping/claim-placeholders.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { Placeholder } from "../../functions/authenticator/mapping/template.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import { isName } from "./account-names.ts";
import { ADMIN_GROUPS, isAdministrator } from "./administrators.ts";
import { literalToken, type Token, tokensOverlap } from "./arn-overlap.ts";
import type { StoredParameters } from "./denials.ts";

/** Matches each character of a placeholder's values: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const VALUES: Readonly<Record<Placeholder, RegExp>> = {
  AccountID: /\d/,
  SessionName: /[\w+=,.-]/,
  SessionNameRaw: /[\w+=,.@-]/,
  AccessKeyID: /[A-Z0-9]/,
  EC2PrivateDNSName: /[a-z0-9.-]/,
};
const ARN_CHARACTER = /[\x21-\x7e]/;
const ASCII = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));

function run(characters: RegExp): Token {
  return { takes: new Set(ASCII.filter((one) => characters.test(one))), repeats: true, isOptional: false };
}

function tokensOf(template: string): Token[] {
  return template.split(/(\{[^{}]+\})/).flatMap((text, index): Token[] => {
    if (index % 2 === 0) return Array.from(text, literalToken);
    const name = text.slice(1, -1);
    return [run(isClaimPlaceholder(name) ? CLAIM_VALUE : (VALUES[name as Placeholder] ?? ARN_CHARACTER))];
  });
}

/** Whether two templates can render the same name. */
function canRenderSame(a: string, b: string): boolean {
  if (a === b) return true;
  // A quick check that avoids most comparisons of 10,000 templates: their literal starts differ.
  const [one = "", other = ""] = [a, b].map((template) => template.split("{", 1)[0]);
  return (one.startsWith(other) || other.startsWith(one)) && tokensOverlap(tokensOf(a), tokensOf(b));
}

/** Finds the parameter of another active mapping that can give the same username. */
export type UsernameFinder = (mapping: Mapping, account: string, parameter: string) => string | undefined;

export function usernameFinder(context: EvaluationContext, parameters: StoredParameters): UsernameFinder {
  let all: ReturnType<typeof giversIn> | undefined;
  const overlapping = new Map<string, readonly string[]>();
  return (mapping, account, parameter) => {
    const template = templateOf(mapping, account);
    if (template === undefined) return undefined;
    // Few changes need it, and it parses every mapping.
    all ??= giversIn(context, parameters);
    const { givers, templates } = all;
    // Cached: most mappings share a few templates or have a literal name.
    let others = overlapping.get(template);
    if (others === undefined) {
      const compared = template.includes("{") ? [...givers.keys()] : [...templates, template];
      others = compared.filter((other) => canRenderSame(template, other));
      overlapping.set(template, others);
    }
    for (const other of others) {
      const id = [...(givers.get(other) ?? [])].find((one) => one !== idOf(parameter, mapping));
      if (id !== undefined) return id.split(" ")[0];
    }
    return undefined;
  };
}

/** The active mappings by the template of their username, and the templates with a placeholder. */
function giversIn({ prefix, now, partition }: EvaluationContext, parameters: StoredParameters) {
  const givers = new Map<string, Set<string>>();
  for (const [name, stored] of parameters) {
    for (const { kind, mapping, account } of readParameter(prefix, name, stored).entries) {
      if (isExpired(mapping.notAfter, now)) continue;
      // The default username of an account mapping is the identity's ARN.
      const ofAccount = mapping.username ?? `arn:${partition}:iam::${account}:{Arn}`;
      const template = kind === "account" ? ofAccount : templateOf(mapping, account);
      if (template !== undefined) givers.set(template, (givers.get(template) ?? new Set()).add(idOf(name, mapping)));
    }
  }
  return { givers, templates: [...givers.keys()].filter((template) => template.includes("{")) };
}

/** Identifies a mapping, also in a list. */
function idOf(parameter: string, { arnLike = "", session = "" }: Mapping): string {
  return `${parameter} ${arnLike}${session}`;
}

/** `account`: twelve digits, or `any`. */
function templateOf({ username }: Mapping, account: string): string | undefined {
  return account === "any" ? username : username?.replaceAll("{AccountID}", account);
}

const PLACEHOLDER = /\{SessionName(?:Raw)?\}/;

/**
 * Session names with which a template renders an administrators' group, or a name that starts with `system:`. Users who
 * assume an ordinary role choose the session name.
 */
export function reservedSessions(templates: readonly string[]): string[] {
  return templates
    .flatMap((template) => [
      ...ADMIN_GROUPS.flatMap((group) => sessionFor(template, group)),
      ...sessionForStart(template),
    ])
    .filter(isName);
}

/** Whether some session name turns one of the groups into an administrators' group. */
export function canChooseAdministrator({ groups = [] }: Mapping): boolean {
  return reservedSessions(groups).some((session) =>
    isAdministrator(groups.map((group) => group.split(PLACEHOLDER).join(session))),
  );
}

/** Supports several placeholders, which all get the same text. */
function sessionFor(template: string, name: string): string[] {
  const literals = template.split(PLACEHOLDER);
  const [start = ""] = literals;
  const length = (name.length - literals.join("").length) / (literals.length - 1);
  const session = Number.isInteger(length) && length > 0 ? name.slice(start.length, start.length + length) : "";
  return session !== "" && literals.join(session) === name ? [session] : [];
}

function sessionForStart(template: string): string[] {
  const [start = "", following] = template.split(PLACEHOLDER);
  const reserved = "system:";
  if (following === undefined || !reserved.startsWith(start)) return [];
  // A session name cannot contain the colon, so it must be in the following text.
  const rest = reserved.slice(start.length);
  return Array.from({ length: rest.length - 1 }, (_, index) => rest.slice(0, index + 1)).filter((session) =>
    following.startsWith(rest.slice(session.length)),
  );
}
