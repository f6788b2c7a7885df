// Changes one mapping: reads it, has it changed, checks the result as the function would, and writes it.

import { checkMapping, type MappingKind } from "../../../functions/authenticator/mapping/mapping.ts";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { connect } from "../../aws/connection.ts";
import { usage } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { toParameters } from "../../mapping-file/to-parameters.ts";
import type { ConnectionOptions, WriteOptions } from "../../options.ts";
import type { Stored } from "../../parameter-store/parameter.ts";
import { readSome } from "../../parameter-store/read.ts";
import { executePlan } from "../../plan/execute.ts";
import { planChanges } from "../../plan/plan.ts";
import { readForGuard } from "../../plan/read-for-guard.ts";
import { findTarget, type Target } from "./target.ts";

export async function changeOne(
  who: string,
  options: ConnectionOptions & WriteOptions,
  io: IOStreams,
  change: (value: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): Promise<void> {
  const connection = await connect(options, io);
  const { prefix } = connection.context;
  const target = findTarget(connection, who);
  const before = await readSome(connection.ssm, [target.parameter], io.interrupted);
  const stored = before.get(target.parameter);
  const desired = new Map([[target.parameter, newValue(prefix, target, stored, change)]]);
  const plan = planChanges(before, desired, false);
  const current = await readForGuard(plan.changes, before, connection, options, io);
  await executePlan(plan, current, connection, options, io);
}

/** Their value says whom they are for, in the spelling that a parameter's name does not keep. */
const WITH_ARN: readonly MappingKind[] = ["role", "user", "root", "federated-user"];

function newValue(
  prefix: string,
  { parameter, place, key }: Target,
  stored: Stored | undefined,
  change: (value: Readonly<Record<string, unknown>>) => Record<string, unknown>,
): string {
  const value = stored === undefined ? undefined : parseJson(stored.value);
  if (place.kind === "pattern" && key.arnLike === undefined) throw usage("Name the pattern itself, with * or ?.");
  const [items, index] = place.kind === "pattern" ? patternList(value, key.arnLike) : [[value], 0];
  const item = items[index];
  if (!isObject(item) && WITH_ARN.includes(place.kind) && key.arn === undefined) {
    throw usage(`${parameter} holds no mapping: name it by its ARN, and one is added.`);
  }
  const changed = change(isObject(item) ? item : key);
  const check = checkMapping(changed, place.kind);
  if (!check.valid) throw usage(`${parameter} would be invalid: ${check.problem}.`);
  const mappings = items.map((item, i) => (i === index ? check.mapping : (item as typeof check.mapping)));
  return (
    toParameters(
      prefix,
      mappings.map((mapping) => ({ ...place, mapping })),
    ).get(parameter) ?? ""
  );
}

/** A new pattern comes last: the first that matches counts. */
function patternList(value: unknown, arnLike: string | undefined): [unknown[], number] {
  const items: unknown[] = Array.isArray(value) ? value : [];
  const index = items.findIndex((item) => isObject(item) && item["arnLike"] === arnLike);
  return index < 0 ? [[...items, undefined], items.length] : [items, index];
}
