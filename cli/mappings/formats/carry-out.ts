// What aws-auth can carry of a mapping: nothing by which it would let in more than the mappings do here.

import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { mappingParameter, permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { arnsOverlap } from "../../access/arn-overlap.ts";
import { decide, principalOf } from "../../access/evaluation.ts";
import { usage } from "../../errors.ts";
import { type EvaluationContext, shortName } from "../../function-settings.ts";
import { nameOf } from "../../terminal/files.ts";
import { parseDocuments } from "../../terminal/yaml.ts";
import type { Entry } from "../file/entry.ts";
import type { Reading } from "../file/read-parameter.ts";

export interface ExportInput {
  /** Every parameter below the prefix: also an invalid one decides who gets in. */
  readonly parameters: ReadonlyMap<string, StoredParameter>;
  /** Those that IAM Identity Center has made of permission sets. */
  readonly roles: readonly KnownRole[];
  readonly context: EvaluationContext;
}

/** An entry as aws-auth can carry it, or why it must not. */
type Carried = { readonly items: readonly Entry[] } | { readonly problem: string };

interface Store extends ExportInput {
  readonly readings: ReadonlyMap<string, Reading>;
  /** The ARN patterns of denials that have not ended. */
  readonly denied: readonly string[];
}

/** Leaving out is safe, saying less is not: without its end or a denial, a mapping would let in more than it does here. */
export function carryOut(entry: Entry, parameter: string, store: Store): Carried {
  const { kind, mapping } = entry;
  if (mapping.deny) return { problem: "aws-auth has no deny" };
  if (mapping.notAfter !== undefined) return { problem: "aws-auth has no notAfter" };
  if (mapping.principalId !== undefined) return { problem: "aws-auth has no principalId" };
  if (kind === "pattern") return { problem: "aws-auth has no patterns" };
  if (kind === "sso-session") return { problem: "aws-auth has no mappings of one session" };
  if (kind === "account") return carryAccount(entry, store);
  if (kind === "sso") return carryPermissionSet(entry, parameter, store);
  return carryAll([entry], parameter, store);
}

function carryAccount(entry: Entry, { readings, context, denied }: Store): Carried {
  const { account, mapping } = entry;
  if (mapping.username !== undefined) return { problem: "aws-auth cannot name the users of an account" };
  for (const [name, reading] of readings) {
    if (reading.account !== account && reading.account !== "any") continue;
    const by = shortName(name, context.prefix);
    if (reading.problems.length > 0)
      return { problem: `it would let in who is denied here by ${by}, which is invalid` };
    if (reading.entries.some(({ mapping: { principalId } }) => principalId !== undefined)) {
      return { problem: `it would let in who is denied here by the principalId of ${by}` };
    }
  }
  return deniedIn([entry], denied) ?? { items: [entry] };
}

/** As the roles that are known of it. A role's own mapping counts before it, also where aws-auth cannot say that one. */
function carryPermissionSet(entry: Entry, parameter: string, store: Store): Carried {
  const { parameters, readings, roles, context } = store;
  const { prefix, now } = context;
  const { account, name: set } = entry;
  const known = roles.filter((role) => {
    return role.account === account && role.permissionSet.toLowerCase() === set.toLowerCase();
  });
  if (known.length === 0) {
    return {
      problem: "aws-auth has no permission sets, and no role of this one is in --roles-from (aws iam list-roles)",
    };
  }
  const list = mappingParameter(prefix, "sso-session", account, set);
  const { entries = [], problems = [] } = readings.get(list) ?? {};
  if (problems.length > 0 || entries.some(({ mapping }) => !isExpired(mapping.notAfter, now))) {
    return { problem: `aws-auth has no mappings of one session, and ${shortName(list, prefix)} has some` };
  }
  const others = known.filter(({ name }) => !parameters.has(mappingParameter(prefix, "role", account, name)));
  if (others.length === 0) return { problem: "each role of it has a mapping of its own" };
  const asRoles = others.map(({ name, arn }): Entry => {
    return { kind: "role", account, name, mapping: { ...entry.mapping, arn } };
  });
  return carryAll(asRoles, parameter, store);
}

/** Each only where the function itself would let its principal in, by this parameter. */
function carryAll(items: readonly Entry[], parameter: string, { parameters, context, denied }: Store): Carried {
  for (const item of items) {
    const principal = principalOf(item, context);
    const deciding = principal && decide(context, principal, parameters).deciding;
    if (deciding?.verdict.kind === "match" && deciding.parameter === parameter) continue;
    const by = deciding === undefined ? "no parameter" : shortName(deciding.parameter, context.prefix);
    if (deciding?.verdict.kind === "deny") return { problem: `it would let in who is denied here by ${by}` };
    if (deciding?.verdict.kind === "invalid")
      return { problem: `it would let in who is denied here by ${by}, which is invalid` };
    return { problem: `it does not apply here: ${by} does` };
  }
  return deniedIn(items, denied) ?? { items };
}

/** What no single principal shows: denials of a session, of a user in another path, or of a part of an account. */
function deniedIn(items: readonly Entry[], denied: readonly string[]): Carried | undefined {
  const arns = items.flatMap(arnsOf);
  const denial = denied.find((arnLike) => arns.some((arn) => arnsOverlap(arnLike, arn)));
  return denial === undefined ? undefined : { problem: `it would let in who is denied here by ${denial}` };
}

function arnsOf({ kind, account, name }: Entry): string[] {
  if (kind === "role") return [`arn:*:sts::${account}:assumed-role/${name}/*`];
  if (kind === "user") return [`arn:*:iam::${account}:user/${name}`, `arn:*:iam::${account}:user/*/${name}`];
  return kind === "account" ? [`arn:*:*::${account}:*`] : [];
}

export interface KnownRole {
  readonly account: string;
  readonly permissionSet: string;
  /** Without the path `aws-reserved/sso.amazonaws.com/`, as aws-auth needs it. */
  readonly arn: string;
  readonly name: string;
}

/** `{"Roles": [{"Arn": ...}]}`, a list of such roles, or of ARNs. Roles that no permission set made are left out. */
export function readRoles(text: string, file: string): KnownRole[] {
  const roles = parseDocuments(text, file).flatMap(({ value }) => {
    const list = isObject(value) ? value["Roles"] : value;
    if (!Array.isArray(list)) throw usage(`--roles-from ${nameOf(file)}: it must be what aws iam list-roles prints.`);
    return list;
  });
  return roles.flatMap((role: unknown) => {
    const arn = isObject(role) ? role["Arn"] : role;
    const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
    if (typeof arn !== "string" || mapped?.kind !== "role") {
      throw usage(`--roles-from ${nameOf(file)}: ${JSON.stringify(role)} is not a role with an Arn.`);
    }
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    const permissionSet = permissionSetOf(name);
    if (permissionSet === undefined) return [];
    const bare = `arn:${mapped.partition}:iam::${mapped.accountId}:role/${name}`;
    return [{ account: mapped.accountId, permissionSet, arn: bare, name }];
  });
}
