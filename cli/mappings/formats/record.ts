// Converts a mapping of another program to an entry, or gives the reason why it cannot be imported.

import { mappingParameter, permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { templateProblem } from "../../../functions/authenticator/mapping/template.ts";
import type { Entry } from "../../store/entry.ts";
import { printable } from "../../terminal/print.ts";
import { type Problem, readMapping } from "../file/entry.ts";

/** Fields are not validated yet. */
export interface Foreign {
  /** For messages, such as `mapRoles 3`. */
  readonly where: string;
  readonly line: number;
  readonly arn?: unknown;
  readonly username?: unknown;
  readonly groups?: unknown;
  /** An IAM Identity Center permission set instead of an ARN. */
  readonly permissionSet?: unknown;
  readonly account?: unknown;
  /** A phrase about parts that are not imported. */
  readonly remark?: string;
  /** Name of the EKS cluster of an access entry. Such an entry matches a role with a path, aws-iam-authenticator does not. */
  readonly accessEntryOf?: string;
  /** The groups for its EKS access policies: no mapping, but a part of the access entry for the same principal. */
  readonly accessGroups?: readonly string[];
  /** Why this is not a mapping. */
  readonly problem?: string;
}

export type At = Pick<Foreign, "where" | "line">;

export interface Carried {
  readonly where: string;
  readonly entry: Entry;
  /** Phrases about differences. */
  readonly notes: readonly string[];
  /** It never matched before, and does now. */
  readonly isNew: boolean;
}

/** @param sso whether to map the permission set instead of its role */
export function carry(foreign: Foreign, sso: boolean): Carried | (Problem & { readonly where: string }) {
  return { where: whereOf(foreign), ...entryFrom(foreign, sso) };
}

function entryFrom(
  { arn, username, groups, permissionSet, account, remark, problem, accessEntryOf }: Foreign,
  sso: boolean,
): Omit<Carried, "where"> | Problem {
  if (problem !== undefined) return { problem };
  const names = readNames(username, groups);
  if ("problem" in names) return names;
  const remarks = remark === undefined ? [] : [remark];
  if (arn === undefined) {
    const set = permissionSet === undefined ? {} : { permissionSet };
    const entry = readMapping({ account: accountText(account), ...set, ...names });
    return "problem" in entry ? entry : { entry, isNew: false, notes: remarks };
  }
  if (typeof arn !== "string") return { problem: "it has no ARN" };
  const bare = withoutRolePath(arn.trim());
  const [, , , , ofArn = "", role = ""] = bare.split(":");
  const set = permissionSetOf(role.replace(/^role\//, ""));
  const principal = sso && set !== undefined ? { permissionSet: set, account: ofArn } : { arn: bare };
  const entry = readMapping({ ...principal, ...names });
  if ("problem" in entry) return entry;
  const isNew = bare !== arn && accessEntryOf === undefined;
  return { entry, isNew, notes: [...noteOn(arn, bare, isNew, sso, set), ...remarks] };
}

function whereOf({ where, line, arn, permissionSet, account }: Foreign): string {
  const whom = typeof arn === "string" ? arn : [account, permissionSet].filter((part) => part !== undefined).join("/");
  // Escaped, so that each entry is one line.
  return printable(`line ${line}, ${where}${whom === "" ? "" : ` (${whom})`}`);
}

function noteOn(arn: string, bare: string, isNew: boolean, sso: boolean, set: string | undefined): string[] {
  const reason = bare === arn.trim() ? "spaces around its ARN" : "its path";
  const now = isNew ? [`new access: with ${reason} it never matched, now it matches ${bare}`] : [];
  if (set === undefined) return now;
  const note = sso
    ? `becomes the permission set ${set}`
    : `the role of permission set ${set}; use --sso to map the set, because the role's suffix can change`;
  return [...now, note];
}

/** Removes only a role's path: aws-iam-authenticator sees the paths of users. */
export function withoutRolePath(arn: string): string {
  return arn.replace(/^(arn:[a-z-]+:iam::\d{12}:role\/)(?:[\x21-\x7e]*\/)([^/]+)$/i, "$1$2");
}

type Names = { readonly username?: string; readonly groups?: readonly string[] };

function readNames(username: unknown, groups: unknown): Names | Problem {
  const list = groups ?? [];
  if (username !== undefined && username !== null && typeof username !== "string") {
    return { problem: "username must be a string" };
  }
  if (!Array.isArray(list) || !list.every((group) => typeof group === "string")) {
    return { problem: "groups must be a list of strings" };
  }
  const name = username ?? "";
  const unclear = [name, ...list].find((text) => translateIn(text) === undefined);
  if (unclear !== undefined) return { problem: `${unclear} has braces that are not a placeholder` };
  return {
    ...(name !== "" && { username: translateIn(name) ?? "" }),
    ...(list.length > 0 && { groups: list.flatMap((group) => translateIn(group) ?? []) }),
  };
}

/**
 * YAML reads an account without quotes as a number. A number with fewer digits is rejected: its zeros may have been
 * dropped, or it may be octal in YAML 1.1.
 */
function accountText(account: unknown): unknown {
  return typeof account === "number" && String(account).length === 12 ? String(account) : account;
}

/**
 * As in aws-iam-authenticator, the last mapping of a section applies, and roles precede users. A mapping that never
 * matched there loses against any other.
 *
 * @returns the mappings that apply, and for each skipped one a phrase with the reason
 */
export function merge(carried: readonly Carried[]) {
  const byParameter = Map.groupBy(carried, ({ entry: { kind, account, name } }) =>
    mappingParameter("", kind, account, name),
  );
  const winners: Carried[] = [];
  const overridden: string[] = [];
  for (const same of byParameter.values()) {
    const matching = same.filter(({ isNew }) => !isNew);
    const winner = (matching.length > 0 ? matching : same).at(-1);
    if (winner === undefined) continue;
    winners.push(winner);
    for (const other of same.filter((one) => one !== winner)) {
      const isUnmatched = other.isNew && !winner.isNew;
      const why = isUnmatched ? ", and the other never matched" : " and is later: the last one applies";
      overridden.push(`${other.where} is skipped: ${winner.where} is for the same principal${why}`);
    }
  }
  return { winners, overridden };
}

/** `undefined` for braces that are literal text there and an error here. */
function translateIn(text: string): string | undefined {
  const literal = text.replace(/\{\{\w+\}\}/g, "");
  if (/[{}]/.test(literal)) return undefined;
  const translated = text.replace(/\{\{(\w+)\}\}/g, "{$1}");
  // As for a group, which cannot contain a claim: these formats have no placeholders for claims.
  return templateProblem(translated, "group") === undefined ? translated : undefined;
}

export function translateOut(text: string): string {
  return text.replace(/\{(\w+)\}/g, "{{$1}}");
}
