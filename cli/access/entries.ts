// Reads the value of a parameter as entries: mappings or denials, with the ARNs of the identities that each applies to.

import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { type ArnSections, arnSections, matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";
import { withoutPath } from "../../functions/authenticator/mapping/deny-list.ts";
import { isListKind, type Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { problemsIn } from "../../functions/authenticator/stored-problems.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { notAfterTime } from "../../functions/lib/not-after.ts";
import { parseStored } from "../../functions/lib/repeated-keys.ts";
import { oncePerRead } from "../../functions/parameters/once-per-read.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { permissionSetRole } from "../mappings/file/entry.ts";

export interface Entry extends ParameterAddress {
  readonly parameter: string;
  /** Identifies the entry in its parameter, before and after a change. */
  readonly key: string;
  /** Of a denial: `arnLike` and `notAfter` only. */
  readonly mapping: Mapping;
  /** Milliseconds since 1970; infinity without an end. */
  readonly end: number;
  /** Patterns in lower case: an identity has the entry only if one of them matches its canonical ARN. */
  readonly arns: readonly ArnSections[];
  /** The same for the ARNs of its sessions, which only denials match. */
  readonly sessions: readonly ArnSections[];
}

export interface Value {
  /** Why the function rejects it, or an entry of it. */
  readonly problem?: string;
  /** The valid entries, in their order. */
  readonly entries: readonly Entry[];
}

const NONE: Value = { entries: [] };

export function readValue(name: string, stored: StoredParameter | undefined, context: EvaluationContext): Value {
  return stored === undefined ? NONE : read(stored, name, context);
}

/** Can cache by parameter, since prefix and partition never change. */
const read = oncePerRead((stored, parameter: string, { prefix, partition }: EvaluationContext): Value => {
  const address = readName(prefix, parameter);
  if (address === undefined) return NONE;
  const { kind, account } = address;
  const found = problemsIn({ ...stored, kind, account }, partition) ?? [];
  if (typeof found === "string") return { problem: found, entries: [] };
  const isList = kind === "deny" || isListKind(kind);
  const value = parseStored(stored.value);
  const mappings = (isList ? value : [value]) as readonly Mapping[];
  const problems = mappings.map((mapping, index) => {
    const problem = found[index] ?? arnProblem(mapping, parameter, prefix, partition);
    return isList && problem !== undefined ? `entry ${index + 1}: ${problem}` : problem;
  });
  const problem = problems.find((one) => one !== undefined);
  const valid = mappings.filter((_, index) => problems[index] === undefined);
  const entries = valid.map((mapping) => entryOf(mapping, address, parameter, partition));
  if (problem === undefined) return { entries };
  // With an invalid entry, a deny list denies every identity that it covers.
  return { problem, entries: kind === "deny" ? [] : entries };
});

function arnProblem({ arn }: Mapping, parameter: string, prefix: string, partition: string): string | undefined {
  const own = arn === undefined ? undefined : parseMappedArn(arn);
  const isOther =
    own !== undefined &&
    (mappingParameter(prefix, own.kind, own.accountId, own.name) !== parameter || own.partition !== partition);
  return isOther ? "its arn is the ARN of another principal" : undefined;
}

function entryOf(mapping: Mapping, address: ParameterAddress, parameter: string, partition: string): Entry {
  const { kind } = address;
  const { arn = "", arnLike = "", session = "", notAfter } = mapping;
  // Names of federated users are case-sensitive.
  const key = kind === "federated-user" ? arn : asciiLowerCase(kind === "deny" ? withoutPath(arnLike) : arnLike);
  const end = (notAfter === undefined ? undefined : notAfterTime(notAfter)) ?? Number.POSITIVE_INFINITY;
  return { ...address, parameter, key: `${key} ${session}`, mapping, end, ...arnsOf(address, mapping, partition) };
}

function arnsOf({ kind, account, name }: ParameterAddress, mapping: Mapping, partition: string) {
  const iam = (resource: string) => sections(`arn:${partition}:iam::${account}:${resource}`);
  const ofRole = (role: string, session = "*") => ({
    arns: [iam(`role/${role}`)],
    sessions: [sections(`arn:${partition}:sts::${account}:assumed-role/${role}/${session}`)],
  });
  switch (kind) {
    case "role":
      return ofRole(name);
    case "sso":
    case "sso-session":
      return ofRole(permissionSetRole(name), mapping.session);
    case "user":
      return { arns: [iam(`user/${name}`), iam(`user/*/${name}`)], sessions: [] };
    case "root":
      return { arns: [iam("root")], sessions: [] };
    case "federated-user":
      return { arns: [sections(`arn:${partition}:sts::${account}:federated-user/${name}`)], sessions: [] };
    case "account":
      return { arns: [sections(`arn:${partition}:*::${account}:*`)], sessions: [] };
    default: {
      const { arnLike = "" } = mapping;
      const arn = sections(kind === "deny" ? withoutPath(arnLike) : arnLike);
      // A list applies only to the identities of its account.
      const own = account === "any" ? arn : arn.with(4, matchesGlob(arn[4] ?? "", account) ? account : "none");
      // A user's denial without wildcards applies whatever the path is.
      const [, user] = kind === "deny" ? (/^user\/([^*?/]+)$/.exec(own[5] ?? "") ?? []) : [];
      return { arns: user === undefined ? [own] : [own, own.with(5, `user/*/${user}`)], sessions: [] };
    }
  }
}

function sections(arn: string): ArnSections {
  return arnSections(arn) ?? [];
}

export function isActive({ end }: Entry, { now }: EvaluationContext): boolean {
  return end > now;
}

/** Whether the value is invalid, or has an active entry like this. */
export function mayHave({ problem, entries }: Value, context: EvaluationContext, isIt: (entry: Entry) => boolean) {
  return problem !== undefined || entries.some((entry) => isActive(entry, context) && isIt(entry));
}
