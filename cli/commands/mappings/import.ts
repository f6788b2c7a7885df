// `mappings import`: converts other programs' mappings to a mapping file.

import {
  mappingParameter,
  permissionSetOf,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { templateProblem } from "../../../functions/authenticator/mapping/template.ts";
import { type Checked, invalid } from "../../../functions/lib/checked.ts";
import { finding } from "../../io/errors.ts";
import { readText, shownFile } from "../../io/files.ts";
import { printable } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import type { Entry } from "../../model/entry.ts";
import { readMapping } from "../../model/file-entry.ts";
import { writeMappingFile } from "../../model/mapping-file.ts";
import { withAccessPolicies } from "./access-entries.ts";
import { type Foreign, withoutRolePath } from "./foreign.ts";
import { readForeign } from "./read-foreign.ts";

interface ImportOptions {
  readonly file: readonly string[];
  readonly sso?: true;
}

export async function importFiles({ file, sso }: ImportOptions, run: Run): Promise<void> {
  const mappings: (Foreign & { readonly inFile: string })[] = [];
  const importedEntries: ImportedEntry[] = [];
  const problems: string[] = [];
  const remarks: string[] = [];
  for (const path of file) {
    // With one file, line numbers are enough.
    const inFile = file.length > 1 ? `${shownFile(path)}, ` : "";
    const { items, notes } = readForeign(await readText(path, run), path, file.length > 1);
    remarks.push(...notes.map((note) => `${inFile}${note}`));
    mappings.push(...items.map((item) => ({ ...item, inFile })));
  }
  for (const { inFile, ...foreign } of withAccessPolicies(mappings)) {
    const entry = importEntry(foreign, sso === true);
    const where = `${inFile}${whereOf(foreign)}`;
    if (entry.valid) importedEntries.push({ ...entry.value, where });
    else problems.push(`${where} cannot be imported: ${entry.problem}`);
  }
  const { winners, overridden } = merge(importedEntries);
  remarks.push(...winners.flatMap(({ where, notes }) => notes.map((note) => `${where}: ${note}`)));
  for (const line of [...remarks, ...overridden, ...problems]) run.log(`${line}.\n`);
  run.print(writeMappingFile(winners.map(({ entry }) => entry)));
  const added = winners.filter(({ isNew }) => isNew).length;
  const imported = `${winners.length} imported${added > 0 ? `, ${added} of them with new access` : ""}`;
  if (problems.length > 0) throw finding(`${imported}, ${problems.length} not imported.`);
  run.log(`${imported}.\n`);
}

/** An entry for the mapping file, and what the import of its mapping changes. */
interface Imported {
  readonly entry: Entry;
  /** Phrases about differences. */
  readonly notes: readonly string[];
  /** Whether the mapping never matched before, and does now. */
  readonly isNew: boolean;
}

interface ImportedEntry extends Imported {
  /** The place of the mapping in its file, for messages. */
  readonly where: string;
}

/**
 * Converts another program's mapping to an entry, or returns the problem why it cannot.
 *
 * @param sso whether to map the permission set instead of its role
 */
export function importEntry(foreign: Foreign, sso: boolean): Checked<Imported> {
  const { arn, username, groups, permissionSet, account, remark, problem, accessEntryOf } = foreign;
  if (problem !== undefined) return invalid(problem);
  const names = readNames(username, groups);
  if (!names.valid) return names;
  const remarks = remark === undefined ? [] : [remark];
  if (arn === undefined) {
    const set = permissionSet === undefined ? {} : { permissionSet };
    const entry = readMapping({ account: accountText(account), ...set, ...names.value });
    if (!entry.valid) return entry;
    return { valid: true, value: { entry: entry.value, isNew: false, notes: remarks } };
  }
  if (typeof arn !== "string") return invalid("it has no ARN");
  const bare = withoutRolePath(arn.trim());
  const [, , , , ofArn = "", role = ""] = bare.split(":");
  const set = permissionSetOf(role.replace(/^role\//, ""));
  const principal =
    sso && set !== undefined ? { permissionSet: set, account: ofArn } : { arn: bare };
  const entry = readMapping({ ...principal, ...names.value });
  if (!entry.valid) return entry;
  const isNew = bare !== arn && accessEntryOf === undefined;
  const notes = [...differencesOf(arn, bare, isNew, sso, set), ...remarks];
  return { valid: true, value: { entry: entry.value, isNew, notes } };
}

function whereOf({ where, line, arn, permissionSet, account }: Foreign): string {
  const whom =
    typeof arn === "string"
      ? arn
      : [account, permissionSet].filter((part) => part !== undefined).join("/");
  // Escaped, so that each entry is one line.
  return printable(`line ${line}, ${where}${whom === "" ? "" : ` (${whom})`}`);
}

function differencesOf(
  arn: string,
  bare: string,
  isNew: boolean,
  sso: boolean,
  set: string | undefined,
): string[] {
  const reason = bare === arn.trim() ? "spaces around its ARN" : "its path";
  const now = isNew ? [`new access: with ${reason} it never matched, now it matches ${bare}`] : [];
  if (set === undefined) return now;
  const note = sso
    ? `becomes the permission set ${set}`
    : `the role of permission set ${set}; use --sso to map the set, because the role's suffix can change`;
  return [...now, note];
}

type NamesOfUser = { readonly username?: string; readonly groups?: readonly string[] };

function readNames(username: unknown, groups: unknown): Checked<NamesOfUser> {
  const list = groups ?? [];
  if (username !== undefined && username !== null && typeof username !== "string") {
    return invalid("username must be a string");
  }
  if (!Array.isArray(list) || !list.every((group) => typeof group === "string")) {
    return invalid("groups must be a list of strings");
  }
  const name = username ?? "";
  const unclear = [name, ...list].find((text) => translateIn(text) === undefined);
  if (unclear !== undefined) return invalid(`${unclear} has braces that are not a placeholder`);
  const names = {
    ...(name !== "" && { username: translateIn(name) ?? "" }),
    ...(list.length > 0 && { groups: list.flatMap((group) => translateIn(group) ?? []) }),
  };
  return { valid: true, value: names };
}

/**
 * Returns the account as text. YAML reads an account without quotes as a number. A number with
 * fewer digits is rejected: its zeros may have been dropped, or it may be octal in YAML 1.1.
 */
function accountText(account: unknown): unknown {
  return typeof account === "number" && String(account).length === 12 ? String(account) : account;
}

/**
 * Merges the mappings. As in aws-iam-authenticator, the last mapping of a section applies, and
 * roles precede users. A mapping that never matched there loses against any other.
 *
 * @returns the mappings that apply, and for each skipped one a phrase with the reason
 */
export function merge(importedEntries: readonly ImportedEntry[]) {
  const byParameter = Map.groupBy(importedEntries, ({ entry: { kind, account, name } }) =>
    mappingParameter("", kind, account, name),
  );
  const winners: ImportedEntry[] = [];
  const overridden: string[] = [];
  for (const same of byParameter.values()) {
    const matching = same.filter(({ isNew }) => !isNew);
    const winner = (matching.length > 0 ? matching : same).at(-1);
    if (winner === undefined) continue;
    winners.push(winner);
    for (const other of same.filter((loser) => loser !== winner)) {
      const isUnmatched = other.isNew && !winner.isNew;
      const why = isUnmatched
        ? ", and the other never matched"
        : " and is later: the last one applies";
      overridden.push(`${other.where} is skipped: ${winner.where} is for the same principal${why}`);
    }
  }
  return { winners, overridden };
}

/**
 * Translates the placeholders. Returns `undefined` for braces that are literal text there and an
 * error here.
 */
function translateIn(text: string): string | undefined {
  const literal = text.replace(/\{\{\w+\}\}/g, "");
  if (/[{}]/.test(literal)) return undefined;
  const translated = text.replace(/\{\{(\w+)\}\}/g, "{$1}");
  // As for a group, which cannot contain the claims that these formats could spell: they have no
  // placeholders for claims.
  return templateProblem(translated, "group") === undefined ? translated : undefined;
}
