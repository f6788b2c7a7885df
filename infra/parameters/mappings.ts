// Creates the parameters of mappings. Uses the function's own names and validation.

import { Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { arnSections, matchesArnLike, secondArnProblem } from "../../functions/authenticator/mapping/arn-like.ts";
import {
  checkMapping,
  type ListKind,
  type Mapping,
  type MappingKind,
} from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { addParameter, appendEntry } from "./owned-parameter.ts";

export interface MappingSubject {
  readonly kind: Exclude<MappingKind, ListKind>;
  readonly account: string;
  /** Name of a role, user or permission set. */
  readonly name?: string;
}

/** Throws at synth for an invalid mapping. */
export function addMapping(
  scope: Construct,
  prefix: string,
  { kind, account, name }: MappingSubject,
  mapping: Mapping,
): void {
  const subject = `the mapping of ${kind} ${name ?? account}`;
  if (Token.isUnresolved([account, name ?? "", JSON.stringify(mapping)])) {
    throw new Error(
      `${subject}: account, name and mapping must be known at synth, because the parameter's name contains them`,
    );
  }
  checkAccount(subject, account);
  const check = checkMapping(mapping, kind);
  const problem = check.valid ? secondArnProblem(mapping.arn) : check.problem;
  if (problem !== undefined) throw new Error(`${subject}: ${problem}`);
  addParameter(scope, subject, mappingParameter(prefix, kind, account, name), JSON.stringify(mapping));
}

/** Appends to the list of patterns of an account or of `any`. */
export function addPattern(scope: Construct, prefix: string, account: string, pattern: Mapping): void {
  const subject = `the patterns of ${account === "any" ? "any account" : `account ${account}`}`;
  if (account !== "any") checkAccount(subject, account);
  const problem = patternProblem(pattern, account);
  if (problem !== undefined) throw new Error(`pattern ${pattern.arnLike ?? ""}: ${problem}`);
  appendEntry(scope, subject, mappingParameter(prefix, "pattern", account), pattern);
}

/** Appends to the list of a permission set's sessions. */
export function addSession(
  scope: Construct,
  prefix: string,
  { account, permissionSet }: { readonly account: string; readonly permissionSet: string },
  entry: Mapping & { readonly session: string },
): void {
  const subject = `the sessions of permission set ${permissionSet} in account ${account}`;
  if (Token.isUnresolved([account, permissionSet])) throw new Error(`${subject}: both must be known at synth`);
  checkAccount(subject, account);
  if (Token.isUnresolved(JSON.stringify(entry))) throw new Error(`${subject}: a mapping must be known at synth`);
  const check = checkMapping(entry, "sso-session");
  if (!check.valid) throw new Error(`${subject}: session ${entry.session}: ${check.problem}`);
  const all = appendEntry(scope, subject, mappingParameter(prefix, "sso-session", account, permissionSet), entry);
  // The function would use only the first entry of a session that is not expired.
  if (all.some((other) => other !== entry && "session" in other && other.session === entry.session)) {
    throw new Error(`${subject}: session ${entry.session} must not be added twice`);
  }
}

function patternProblem(pattern: Mapping, account: string): string | undefined {
  const check = checkMapping(pattern, "pattern");
  if (!check.valid) return check.problem;
  const second = secondArnProblem(pattern.arnLike);
  if (second !== undefined) return second;
  const its = arnSections(pattern.arnLike ?? "")?.[4] ?? "";
  // The list applies only to identities of its account.
  const isRead = account === "any" || matchesArnLike(`arn::::${its}:`, `arn::::${account}:`);
  return isRead ? undefined : `can never match an identity of account ${account}`;
}

export function checkAccount(subject: string, account: string): void {
  if (!/^\d{12}$/.test(account)) throw new Error(`${subject}: the account must be 12 digits, known at synth`);
}
