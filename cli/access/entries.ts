// Reads the value of a parameter as entries: mappings or denials, with the ARNs of the identities that each applies to.

import { type ArnSections, arnSections, matchesGlob } from "../../functions/authenticator/mapping/arn-like.ts";
import { checkDenyList, withoutPath } from "../../functions/authenticator/mapping/deny-list.ts";
import { isListKind, type Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type ReadMapping, readMapping, readMappingList } from "../../functions/authenticator/mapping/read-mapping.ts";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import { asciiLowerCase } from "../../functions/lib/ascii-lower-case.ts";
import { notAfterTime } from "../../functions/lib/not-after.ts";
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
  const entryOf = (mapping: Mapping): Entry => {
    const { arn = "", arnLike = "", session = "", notAfter } = mapping;
    const key = kind === "federated-user" ? arn : kind === "deny" ? withoutPath(arnLike) : arnLike;
    const end = (notAfter === undefined ? undefined : notAfterTime(notAfter)) ?? Number.POSITIVE_INFINITY;
    const own = { ...address, parameter, key: `${kind === "federated-user" ? key : asciiLowerCase(key)} ${session}` };
    return { ...own, mapping, end, ...arnsOf(address, mapping, partition) };
  };
  if (kind === "deny") {
    const check = checkDenyList(stored, { account, partition });
    return check.valid ? { entries: check.entries.map(entryOf) } : { problem: check.problem, entries: [] };
  }
  const found = isListKind(kind) ? readMappingList(stored, kind) : readMapping(stored, kind);
  if ("problem" in found) return { problem: found.problem, entries: [] };
  const all = "entries" in found ? found.entries : [found];
  const problems = all.map((one) => problemOf(one, parameter, prefix, partition));
  const entries = all.flatMap(({ check }, index) =>
    check.valid && problems[index] === undefined ? entryOf(check.mapping) : [],
  );
  const problem = problems.find((one) => one !== undefined);
  return problem === undefined ? { entries } : { problem, entries };
});

function problemOf({ check, arns: [arn] }: ReadMapping, parameter: string, prefix: string, partition: string) {
  if (!check.valid) return check.problem;
  if ("deny" in check.mapping) return "deny is not a key of a mapping";
  if (arn === undefined) return undefined;
  const isOwn =
    mappingParameter(prefix, arn.kind, arn.accountId, arn.name) === parameter && arn.partition === partition;
  return isOwn ? undefined : "its arn is the ARN of another principal";
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
