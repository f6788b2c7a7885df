// A mapping as other programs write it, and what becomes of it here: an entry, or the reason why it cannot be carried.

import { mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type Entry, type Problem, readEntry } from "../mapping-file/entry.ts";
import { translateIn } from "./placeholders.ts";

/** Nothing is trusted yet: fields are as they were read. */
export interface Foreign {
  /** Such as `mapRoles 3`, for a message. */
  readonly where: string;
  readonly arn?: unknown;
  readonly username?: unknown;
  readonly groups?: unknown;
  /** An IAM Identity Center permission set instead of an ARN. */
  readonly permissionSet?: unknown;
  readonly account?: unknown;
  /** What of it is left out, or stands elsewhere. */
  readonly remark?: string;
  /** Why this is no mapping at all. */
  readonly problem?: string;
}

export interface Carried {
  readonly where: string;
  readonly entry: Entry;
  /** That it is not quite what it was; for the user to know. */
  readonly notes: readonly string[];
  /** A role's path was dropped, with which it never matched before. */
  readonly hadPath: boolean;
}

/** `sso`: a permission set's role becomes the permission set, whatever the suffix of its role will be. */
export function carry(foreign: Foreign, sso: boolean): Carried | (Problem & { readonly where: string }) {
  const { where, arn, username, groups, permissionSet, account, remark, problem } = foreign;
  const remarks = remark === undefined ? [] : [remark];
  if (problem !== undefined) return { where, problem };
  const names = readNames(username, groups);
  if ("problem" in names) return { where, ...names };
  if (arn === undefined) {
    const entry = readEntry({
      account: accountText(account),
      ...(permissionSet !== undefined && { permissionSet }),
      ...names,
    });
    return "problem" in entry ? { where, problem: entry.problem } : { where, entry, hadPath: false, notes: remarks };
  }
  if (typeof arn !== "string") return { where, problem: "the ARN is no text" };
  const { bare, hadPath } = withoutPath(arn.trim());
  const [, , , , ofArn = "", role = ""] = bare.split(":");
  const set = permissionSetOf(role.replace(/^role\//, ""));
  const entry = readEntry(
    sso && set !== undefined ? { permissionSet: set, account: ofArn, ...names } : { arn: bare, ...names },
  );
  if ("problem" in entry) return { where, problem: `${arn}: ${entry.problem}` };
  return { where, entry, hadPath, notes: [...noteOn(arn, hadPath, sso, set), ...remarks] };
}

function noteOn(arn: string, hadPath: boolean, sso: boolean, set: string | undefined): string[] {
  const now = hadPath ? [`${arn} never matched with its path; it does now`] : [];
  if (set === undefined) return now;
  const note = sso
    ? `${arn} becomes the permission set ${set}`
    : `${arn} is the role of permission set ${set}; with --sso the set is mapped, and a new suffix does not matter`;
  return [...now, note];
}

/** Only a role's: aws-iam-authenticator sees users with their paths, roles without. */
function withoutPath(arn: string): { bare: string; hadPath: boolean } {
  const bare = arn.replace(/^(arn:[a-z-]+:iam::\d{12}:role\/)(?:[\x21-\x7e]*\/)([^/]+)$/i, "$1$2");
  return { bare, hadPath: bare !== arn };
}

type Names = { readonly username?: string; readonly groups?: readonly string[] };

function readNames(username: unknown, groups: unknown): Names | Problem {
  const list = groups ?? [];
  if (username !== undefined && username !== null && typeof username !== "string") {
    return { problem: "username is no text" };
  }
  if (!Array.isArray(list) || !list.every((group) => typeof group === "string")) {
    return { problem: "groups is no list of texts" };
  }
  const name = username ?? "";
  const unclear = [name, ...list].find((text) => translateIn(text) === undefined);
  if (unclear !== undefined) return { problem: `${unclear} holds braces that are no placeholder` };
  return {
    ...(name !== "" && { username: translateIn(name) ?? "" }),
    ...(list.length > 0 && { groups: list.flatMap((group) => translateIn(group) ?? []) }),
  };
}

/** YAML reads an account without quotes as a number; a leading zero of it is lost. */
function accountText(account: unknown): unknown {
  return typeof account === "number" && Number.isInteger(account) ? String(account).padStart(12, "0") : account;
}

export interface Merged {
  readonly entries: readonly Entry[];
  /** What was left out, each with the reason. */
  readonly overridden: readonly string[];
}

/**
 * aws-iam-authenticator takes the last of a section and asks roles before users; a role with a path it never matches, so
 * that one loses against any other.
 */
export function merge(carried: readonly Carried[]): Merged {
  const byParameter = Map.groupBy(carried, ({ entry: { kind, account, name } }) =>
    mappingParameter("", kind, account, name),
  );
  const entries: Entry[] = [];
  const overridden: string[] = [];
  for (const same of byParameter.values()) {
    const matching = same.filter(({ hadPath }) => !hadPath);
    const winner = (matching.length > 0 ? matching : same).at(-1);
    if (winner === undefined) continue;
    entries.push(winner.entry);
    for (const { where } of same) {
      if (where !== winner.where) overridden.push(`${where} is left out: ${winner.where} is for the same principal`);
    }
  }
  return { entries, overridden };
}
