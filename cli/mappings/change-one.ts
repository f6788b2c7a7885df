// Changes one mapping: reads it, changes it, validates the result like the function, and writes it.

import {
  checkMapping,
  isListKind,
  type Mapping,
  type MappingKind,
} from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../functions/lib/json.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { parseStored } from "../../functions/lib/repeated-keys.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { executePlan } from "../changes/execute-plans.ts";
import { planChanges } from "../changes/plan.ts";
import { usage } from "../errors.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import type { ConnectionOptions, WriteOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { warnOfSessionTrust } from "./apply.ts";
import { hasKey, listItems } from "./file/list-value.ts";
import { readParameter } from "./file/read-parameter.ts";
import { inOrder, valueText } from "./file/to-parameters.ts";
import { lint } from "./lint/lint.ts";
import { findTarget, type Target } from "./target.ts";

export type ChangeValue = (value: Readonly<Record<string, unknown>>, kind: MappingKind) => Record<string, unknown>;

/** @param inherited keys that a new mapping of one session gets from the permission set's mapping */
export async function changeOne(
  who: string,
  options: ConnectionOptions & WriteOptions & { readonly session?: string },
  io: IOStreams,
  change: ChangeValue,
  inherited: readonly string[],
): Promise<void> {
  const connection = await connect(options, io);
  const target = findTarget(connection, who, options.session);
  const before = await readSome(connection.ssm, [target.parameter], io.interrupted);
  const start = await ofPermissionSet(target, inherited, connection, io);
  const value = newValue(connection.context.prefix, target, before.get(target.parameter), start, change);
  await checkByLint(target, value.changed, connection.context);
  const plan = planChanges(before, new Map([[target.parameter, value.text]]), false);
  warnOfSessionTrust(plan.changes, connection, io);
  await executePlan({ plan, known: before, connection }, options, io);
}

/** Those of the `keys` that the mapping of the session's permission set has; empty for any other target. */
async function ofPermissionSet(
  { address: { kind, account, name } }: Target,
  keys: readonly string[],
  { ssm, context: { prefix, now } }: Connection,
  io: IOStreams,
): Promise<Record<string, unknown>> {
  if (kind !== "sso-session") return {};
  const parameter = mappingParameter(prefix, "sso", account, name);
  const stored = (await readSome(ssm, [parameter], io.interrupted)).get(parameter);
  const [entry] = stored === undefined ? [] : readParameter(prefix, parameter, stored).entries;
  if (entry === undefined || isExpired(entry.mapping.notAfter, now)) return {};
  return Object.fromEntries(Object.entries(entry.mapping).filter(([key]) => keys.includes(key)));
}

/** Their values contain the ARN, because a parameter's name loses the case. */
const WITH_ARN: readonly MappingKind[] = ["role", "user", "root", "federated-user"];

interface NewValue {
  /** The parameter's value. */
  readonly text: string;
  /** The changed mapping, which may be one entry of a list. */
  readonly changed: Mapping;
}

function newValue(
  prefix: string,
  target: Target,
  stored: Stored | undefined,
  start: Readonly<Record<string, unknown>>,
  change: ChangeValue,
): NewValue {
  const { parameter, address, key } = target;
  const name = shortName(parameter, prefix);
  const { kind } = address;
  if (kind === "deny") throw usage(`${name} is a deny list: change it with mappings deny and mappings allow.`);
  if (!isListKind(kind)) {
    const value = stored === undefined ? undefined : parseStored(stored.value);
    if (!isObject(value) && WITH_ARN.includes(kind) && key.arn === undefined) {
      throw usage(`${name} has no mapping yet. To add one, use its ARN as <who>.`);
    }
    const changed = checked(name, change(isObject(value) ? value : key, kind), kind);
    return { text: valueText(name, changed), changed };
  }
  if (kind === "pattern" && key.arnLike === undefined) {
    throw usage(`${name} is a list. Use the ARN pattern of one entry as <who>.`);
  }
  if (kind === "sso-session" && key.session === undefined) {
    throw usage(`${name} is a list. Name one session: ${name.replace("sso-session", "sso")} --session <name>.`);
  }
  const items = listItems(name, stored, kind, (item) => hasKey(item, key));
  const index = items.findIndex((item) => hasKey(item, key));
  const item = items[index];
  const changed = checked(name, change(isObject(item) ? item : { ...start, ...key }, kind), kind);
  // Append a new pattern: existing ones keep their precedence.
  return { text: valueText(name, index < 0 ? [...items, changed] : items.with(index, changed)), changed };
}

/** Throws if lint finds errors in the changed mapping. Other entries of the list are not checked. */
async function checkByLint(
  { parameter, address }: Target,
  changed: Mapping,
  context: EvaluationContext,
): Promise<void> {
  const value = JSON.stringify(isListKind(address.kind) ? [changed] : changed);
  const findings = await lint(new Map([[parameter, { value, secure: false }]]), context);
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length === 0) return;
  throw usage(...errors.map(({ where, message }) => `${where}: ${message}.`), "Nothing was written.");
}

function checked(name: string, value: unknown, kind: MappingKind) {
  const check = checkMapping(value, kind);
  if (!check.valid) throw usage(`${name} would be invalid: ${check.problem}.`);
  return inOrder(check.mapping);
}
