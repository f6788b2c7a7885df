// Finds usernames that several mappings can give, and session names that render reserved names.

import { isClaimPlaceholder } from "../../functions/authenticator/mapping/claim-placeholders.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { Placeholder } from "../../functions/authenticator/mapping/template.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import type { StoredParameters } from "./account-names.ts";
import { ADMIN_GROUPS, isAdministrator } from "./administrators.ts";

/** The characters of each placeholder: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const VALUES: Readonly<Record<Placeholder, RegExp>> = {
  AccountID: /\d/,
  SessionName: /[\w+=,.-]/,
  SessionNameRaw: /[\w+=,.@-]/,
  AccessKeyID: /[A-Z0-9]/,
  EC2PrivateDNSName: /[a-z0-9.-]/,
};
/** As `CLAIM_VALUE` in functions/authenticator/mapping/claim-placeholders.ts. */
const CLAIM_CHARACTER = /[A-Za-z0-9_.@+=-]/;
const ARN_CHARACTER = /[\x21-\x7e]/;
const ASCII = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));

/** One of these characters, or a run of one or more. */
interface Token {
  readonly takes: ReadonlySet<string>;
  readonly repeats: boolean;
}

function run(characters: RegExp): Token {
  return { takes: new Set(ASCII.filter((one) => characters.test(one))), repeats: true };
}

function tokensOf(template: string): Token[] {
  return template.split(/(\{[^{}]+\})/).flatMap((text, index): Token[] => {
    const name = text.slice(1, -1);
    if (index % 2 === 1)
      return [run(isClaimPlaceholder(name) ? CLAIM_CHARACTER : (VALUES[name as Placeholder] ?? ARN_CHARACTER))];
    return Array.from(text, (one) => ({ takes: new Set([one]), repeats: false }));
  });
}

/** A quick check that avoids most comparisons of 10,000 templates: their literal starts differ. */
function canStartSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((template) => template.split("{", 1)[0] ?? "");
  return one === undefined || other === undefined || one.startsWith(other) || other.startsWith(one);
}

/** Whether two templates can render the same name. */
function canRenderSame(a: string, b: string): boolean {
  if (a === b) return true;
  if (!canStartSame(a, b)) return false;
  const [left, right] = [tokensOf(a), tokensOf(b)];
  // Pairs of tokens that read the same character. A run can also read the next one.
  let pairs = new Map<string, readonly [number, number]>([["0,0", [0, 0]]]);
  const seen = new Set<string>();
  while (pairs.size > 0) {
    const next: typeof pairs = new Map();
    for (const [key, [i, j]] of pairs) {
      if (seen.has(key)) continue;
      seen.add(key);
      if (i === left.length && j === right.length) return true;
      const [one, other] = [left[i], right[j]];
      if (one === undefined || other === undefined || ![...one.takes].some((text) => other.takes.has(text))) continue;
      for (const row of one.repeats ? [i, i + 1] : [i + 1]) {
        for (const column of other.repeats ? [j, j + 1] : [j + 1]) next.set(`${row},${column}`, [row, column]);
      }
    }
    pairs = next;
  }
  return false;
}

/** Returns a function that finds the parameter of another active mapping that can give the same username. */
export function usernameFinder({ prefix, now, partition }: EvaluationContext, parameters: StoredParameters) {
  const givers = new Map<string, Set<string>>();
  for (const [name, stored] of parameters) {
    for (const { kind, mapping, account } of readParameter(prefix, name, stored).entries) {
      if (isExpired(mapping.notAfter, now)) continue;
      // The default username of an account mapping is the identity's ARN.
      const template =
        kind === "account"
          ? (mapping.username ?? `arn:${partition}:iam::${account}:{Arn}`)
          : templateOf(mapping, account);
      if (template !== undefined) givers.set(template, (givers.get(template) ?? new Set()).add(idOf(name, mapping)));
    }
  }
  const templates = [...givers.keys()].filter((template) => template.includes("{"));
  const known = new Map<string, readonly string[]>();

  /** Templates that overlap with this one. Cached: most mappings share a few templates or have a literal name. */
  function overlapping(template: string): readonly string[] {
    const cached = known.get(template);
    if (cached !== undefined) return cached;
    const others = template.includes("{") ? [...givers.keys()] : [...templates, template];
    const found = others.filter((other) => givers.has(other) && canRenderSame(template, other));
    known.set(template, found);
    return found;
  }

  return (mapping: Mapping, account: string, parameter: string): string | undefined => {
    const template = templateOf(mapping, account);
    if (template === undefined) return undefined;
    for (const other of overlapping(template)) {
      const id = [...(givers.get(other) ?? [])].find((one) => one !== idOf(parameter, mapping));
      if (id !== undefined) return id.split(" ")[0];
    }
    return undefined;
  };
}

/** Identifies a mapping, also in a list. */
function idOf(parameter: string, { arnLike = "", session = "" }: Mapping): string {
  return `${parameter} ${arnLike}${session}`;
}

/** `account`: twelve digits, or `any`. */
function templateOf({ username, deny }: Mapping, account: string): string | undefined {
  if (deny) return undefined;
  return account === "any" ? username : username?.replaceAll("{AccountID}", account);
}

const SESSION = /^[\w+=,.@-]{1,128}$/;
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
    .filter((session) => SESSION.test(session));
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
