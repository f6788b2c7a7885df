// Creates the parameters of mappings, denials and callers. Uses the function's own names and
// validation. A mapped role or user must have an ARN that is known at synth, since the parameter's
// name contains it.

import { Aws, Stack, Token } from "aws-cdk-lib";
import { CfnRole, CfnUser, type IRole, type IUser } from "aws-cdk-lib/aws-iam";
import { RegionInfo } from "aws-cdk-lib/region-info";
import type { Construct, IConstruct } from "constructs";
import { CALLER_RULE, type Caller, isCaller } from "../../functions/authenticator/caller/caller.ts";
import {
  arnSections,
  matchesArnLike,
  secondArnProblem,
} from "../../functions/authenticator/mapping/arn.ts";
import {
  checkDenyEntry,
  type DeniedArn,
  type DeniedName,
} from "../../functions/authenticator/mapping/deny-list.ts";
import type { ListKind, MappingKind } from "../../functions/authenticator/mapping/kinds.ts";
import { checkMapping, type Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import {
  denyParameter,
  mappingParameter,
} from "../../functions/authenticator/mapping/parameter-name.ts";
import { callersParameter } from "../../functions/parameters/names.ts";
import { addParameter, appendEntry } from "./owned-parameter.ts";

interface MappingSubject {
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
      `${subject}: account, name and mapping must be known at synth: the parameter's name has them`,
    );
  }
  checkAccount(subject, account);
  const check = checkMapping(mapping, kind);
  const problem = check.valid ? secondArnProblem(mapping.arn) : check.problem;
  if (problem !== undefined) throw new Error(`${subject}: ${problem}`);
  addParameter(
    scope,
    subject,
    mappingParameter(prefix, kind, account, name),
    JSON.stringify(mapping),
  );
}

/** Adds a pattern to the list of an account or of `any`. */
export function addPattern(
  scope: Construct,
  prefix: string,
  account: string,
  pattern: Mapping,
): void {
  const subject = `the patterns of ${inWords(account)}`;
  if (account !== "any") checkAccount(subject, account);
  const problem = patternProblem(pattern, account);
  if (problem !== undefined) throw new Error(`pattern ${pattern.arnLike ?? ""}: ${problem}`);
  appendEntry(scope, subject, mappingParameter(prefix, "pattern", account), pattern);
}

/** Adds a session to the list of a permission set. */
export function addSession(
  scope: Construct,
  prefix: string,
  { account, permissionSet }: { readonly account: string; readonly permissionSet: string },
  entry: Mapping & { readonly session: string },
): void {
  const subject = `the sessions of permission set ${permissionSet} in account ${account}`;
  if (Token.isUnresolved([account, permissionSet]))
    throw new Error(`${subject}: both must be known at synth`);
  checkAccount(subject, account);
  if (Token.isUnresolved(JSON.stringify(entry)))
    throw new Error(`${subject}: a mapping must be known at synth`);
  const check = checkMapping(entry, "sso-session");
  if (!check.valid) throw new Error(`${subject}: session ${entry.session}: ${check.problem}`);
  const all = appendEntry(
    scope,
    subject,
    mappingParameter(prefix, "sso-session", account, permissionSet),
    entry,
  );
  // The function would use only the first entry of a session that is not expired.
  if (
    all.some((other) => other !== entry && "session" in other && other.session === entry.session)
  ) {
    throw new Error(`${subject}: session ${entry.session} must not be added twice`);
  }
}

/** Returns what is wrong with a pattern of the account's list, as a phrase. */
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

/** Throws for text that is not an account id. The error begins with `subject`. */
export function checkAccount(subject: string, account: string): void {
  if (!isAccountId(account))
    throw new Error(`${subject}: the account must be 12 digits, known at synth`);
}

function isAccountId(account: string | undefined): account is string {
  return account !== undefined && /^\d{12}$/.test(account);
}

/** An entry of a deny list. A name denies identities of any account, or only of `account`. */
export type DenyEntry = DeniedArn | (DeniedName & { readonly account?: string });

/**
 * Adds a denial to the list of its account, or of `any` if the account has a wildcard. Throws for
 * an invalid entry, since an invalid list denies every identity that it covers, and for a name
 * where the function accepts AWS-signed tokens.
 */
export function addDenial(
  scope: Construct,
  prefix: string,
  denial: DenyEntry,
  acceptsSignedTokens: boolean,
): void {
  if (Token.isUnresolved(JSON.stringify(denial)))
    throw new Error("a denial must be known at synth, without tokens");
  const { entry, account: accountOfName } = withoutAccount(denial);
  const what = "name" in entry ? entry.name : entry.arnLike;
  const partition = knownPartition(scope);
  const check = checkDenyEntry(entry, partition === undefined ? {} : { partition });
  const signed = "name" in entry && acceptsSignedTokens ? BESIDE_SIGNED_TOKENS : undefined;
  const problem = check.valid ? (secondArnProblem(what) ?? signed) : check.problem;
  if (problem !== undefined) throw new Error(`the denial of ${what}: ${problem}`);
  if (accountOfName !== undefined) checkAccount(`the denial of ${what}`, accountOfName);
  const account = "name" in entry ? accountOfName : arnSections(entry.arnLike)?.[4];
  const list = isAccountId(account) ? account : "any";
  appendEntry(scope, `the denials of ${inWords(list)}`, denyParameter(prefix, list), entry);
}

/** Returns the entry as it is stored. The account of a name selects its list. */
function withoutAccount(denial: DenyEntry): {
  readonly entry: DeniedArn | DeniedName;
  readonly account?: string | undefined;
} {
  if (!("name" in denial)) return { entry: denial };
  const { account, ...entry } = denial;
  return { entry, account };
}

/** Returns an account of a list, or `any`, as a phrase. */
function inWords(accountOrAny: string): string {
  return accountOrAny === "any" ? "any account" : `account ${accountOrAny}`;
}

const BESIDE_SIGNED_TOKENS =
  "with awsSignedTokens, a name denies all AWS-signed tokens of every role, which contain no session: deny ARNs instead";

const KNOWN_ARN =
  "its arn must be known at synth: use the ARN itself instead of an attribute of a role in this app";

/** Adds a caller. Throws if it is invalid. */
export function addCaller(scope: Construct, prefix: string, caller: Caller): void {
  const given: unknown = caller;
  if (!isCaller(given)) {
    const isTokenArn = "arn" in caller && Token.isUnresolved(caller.arn);
    throw new Error(`caller ${caller.name}: ${isTokenArn ? KNOWN_ARN : CALLER_RULE}`);
  }
  appendEntry(scope, "the callers", callersParameter(prefix), given);
}

/** Returns the ARN; `undefined` for one that is known only at deployment. */
export function knownArn(principal: IRole | IUser | string): string | undefined {
  if (typeof principal === "string") return known(principal);
  const arn = "roleArn" in principal ? principal.roleArn : principal.userArn;
  const partition = knownPartition(principal);
  return partition === undefined
    ? known(arn)
    : (known(arn.replace(Aws.PARTITION, partition)) ?? named(principal, partition));
}

/**
 * Returns the partition of the stack's region, because `Role.fromRoleName` returns an ARN without
 * it.
 */
function knownPartition(scope: IConstruct): string | undefined {
  const { region } = Stack.of(scope);
  return Token.isUnresolved(region) ? undefined : (RegionInfo.get(region).partition ?? "aws");
}

/**
 * Returns the ARN of a resource that CDK creates, for which it returns a token. Requires a fixed
 * name, account and region.
 */
function named(principal: IRole | IUser, partition: string): string | undefined {
  const account = known(Stack.of(principal).account);
  if (account === undefined) return undefined;
  const arnOf = (kind: "role" | "user", name: string | undefined) =>
    name === undefined || known(name) === undefined
      ? undefined
      : `arn:${partition}:iam::${account}:${kind}/${name}`;
  const resource = principal.node.defaultChild;
  if (resource instanceof CfnRole) return arnOf("role", resource.roleName);
  return resource instanceof CfnUser ? arnOf("user", resource.userName) : undefined;
}

/** Returns the text; `undefined` for one that is known only at deployment. */
function known(text: string): string | undefined {
  return Token.isUnresolved(text) ? undefined : text;
}
