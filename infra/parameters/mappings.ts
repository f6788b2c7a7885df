// Mappings as parameters, with the names and the validation that the function itself uses.

import { Token } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { arnSections, matchesArnLike } from "../../functions/authenticator/mapping/arn-like.ts";
import {
  checkMapping,
  type ListKind,
  type Mapping,
  type MappingKind,
} from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { addListParameter, addParameter } from "./owned-parameter.ts";

export interface MappingSubject {
  readonly kind: Exclude<MappingKind, ListKind>;
  readonly account: string;
  /** Of a role, user or permission set. */
  readonly name?: string;
}

/** Throws at synth, with what is wrong. */
export function addMapping(
  scope: Construct,
  prefix: string,
  { kind, account, name }: MappingSubject,
  mapping: Mapping,
): void {
  const subject = `the mapping of ${kind} ${name ?? account}`;
  if (Token.isUnresolved([account, name ?? "", JSON.stringify(mapping)])) {
    throw new Error(
      `${subject}: account, name and mapping must be known at synth, because the parameter's name is made from them`,
    );
  }
  checkAccount(subject, account);
  const check = checkMapping(mapping, kind);
  if (!check.valid) throw new Error(`${subject}: ${check.problem}`);
  addParameter(scope, subject, mappingParameter(prefix, kind, account, name), JSON.stringify(mapping));
}

/** A list of patterns under one name, for one account or for `any`. Gives the function that appends to it. */
export function addPatterns(scope: Construct, prefix: string, account: string): (pattern: Mapping) => void {
  const subject = `the patterns of ${account === "any" ? "any account" : `account ${account}`}`;
  if (account !== "any") checkAccount(subject, account);
  const append = addListParameter<Mapping>(scope, subject, mappingParameter(prefix, "pattern", account));
  return (pattern) => {
    const problem = patternProblem(pattern, account);
    if (problem !== undefined) throw new Error(`pattern ${pattern.arnLike ?? ""}: ${problem}`);
    append(pattern);
  };
}

/** The list of one permission set's sessions. Gives the function that appends to it. */
export function addSessions(
  scope: Construct,
  prefix: string,
  account: string,
  permissionSet: string,
): (entry: Mapping & { readonly session: string }) => void {
  const subject = `the sessions of permission set ${permissionSet} in account ${account}`;
  if (Token.isUnresolved([account, permissionSet])) throw new Error(`${subject}: both must be known at synth`);
  checkAccount(subject, account);
  const name = mappingParameter(prefix, "sso-session", account, permissionSet);
  const append = addListParameter<Mapping>(scope, subject, name);
  const sessions = new Set<string>();
  return (entry) => {
    if (Token.isUnresolved(JSON.stringify(entry))) throw new Error(`${subject}: a mapping must be known at synth`);
    const check = checkMapping(entry, "sso-session");
    if (!check.valid) throw new Error(`${subject}: session ${entry.session}: ${check.problem}`);
    // Of two entries, the function takes the first that has not ended.
    if (sessions.has(entry.session)) throw new Error(`${subject}: session ${entry.session} must not be added twice`);
    sessions.add(entry.session);
    append(entry);
  };
}

function patternProblem(pattern: Mapping, account: string): string | undefined {
  const check = checkMapping(pattern, "pattern");
  if (!check.valid) return check.problem;
  const its = arnSections(pattern.arnLike ?? "")?.[4] ?? "";
  // The list is read for identities of its account alone.
  const isRead = account === "any" || matchesArnLike(`arn::::${its}:`, `arn::::${account}:`);
  return isRead ? undefined : `can never match an identity of account ${account}`;
}

export function checkAccount(subject: string, account: string): void {
  if (!/^\d{12}$/.test(account)) throw new Error(`${subject}: the account must be 12 digits, known at synth`);
}
