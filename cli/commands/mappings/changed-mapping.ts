// The mapping that `mappings set` changes: as it is stored, and with the values of the options.

import { hasArn, isListKind, KINDS } from "../../../functions/authenticator/mapping/kinds.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import {
  encodeName,
  mappingParameter,
} from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject, parseStored } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/time.ts";
import type { Connection } from "../../aws/connection.ts";
import { usage } from "../../io/errors.ts";
import type { Run } from "../../io/run.ts";
import { type AccessLevel, accessGroups } from "../../model/access-levels.ts";
import { arnsOfAddress, given, readParameter } from "../../model/entry.ts";
import { hasKey, listItems, type VersionedParameter, withItem } from "../../model/stored.ts";
import type { Target } from "../../model/target.ts";
import { readByName } from "../../plan/read.ts";

/** The options that change a mapping. */
export interface MappingOptions {
  readonly username?: string;
  readonly access?: AccessLevel;
  readonly namespace?: readonly string[];
  readonly group?: readonly string[];
  readonly addGroup?: readonly string[];
  readonly removeGroup?: readonly string[];
  readonly principalId?: string;
  readonly description?: string;
  readonly unset?: readonly string[];
}

/**
 * Returns what a new mapping of one session gets from the permission set's mapping: the username,
 * and with --add-group or --remove-group the groups. Returns an empty mapping for any other target.
 */
export async function inheritedFromSet(
  { address: { kind, account, name } }: Target,
  { addGroup, removeGroup }: MappingOptions,
  connection: Connection,
  run: Run,
): Promise<Mapping> {
  const { prefix, now } = connection.review;
  if (kind !== "sso-session") return {};
  const parameter = mappingParameter(prefix, "sso", account, name);
  const stored = (await readByName([parameter], connection, run)).get(parameter);
  const [entry] = stored === undefined ? [] : readParameter(prefix, parameter, stored).entries;
  if (entry === undefined || isExpired(entry.mapping.notAfter, now)) return {};
  const { username, groups } = entry.mapping;
  return given({ username, groups: (addGroup ?? removeGroup) === undefined ? undefined : groups });
}

export interface MappingToChange {
  /** The mapping as it is stored, or the start of a new one. */
  readonly old: Readonly<Record<string, unknown>>;
  readonly isStored: boolean;
  /** Returns the parameter's value with the changed mapping. */
  readonly put: (mapping: Mapping) => unknown;
}

/**
 * Finds the mapping in the stored value of its parameter. Throws for a list, unless the target
 * names one of its entries.
 *
 * @param name of the parameter, for messages
 * @param start of a new mapping
 * @param meant the suggestion for a name that is not stored; may be empty
 */
export function mappingToChange(
  name: string,
  { address, key }: Target,
  stored: VersionedParameter | undefined,
  start: Mapping,
  partition: string,
  meant: string,
): MappingToChange {
  const { kind, account } = address;
  if (!isListKind(kind)) {
    const value = stored && parseStored(stored.value);
    // Its value contains the ARN, because a parameter's name loses the case.
    if (!isObject(value) && hasArn(kind) && key.arn === undefined) {
      const arn = `arn:${partition}:${arnsOfAddress(address).arns[0]}`;
      throw usage(
        `${name} has no mapping yet.${meant} To add one, use its ARN as <who>, as IAM spells it: ${arn}`,
      );
    }
    const isStored = isObject(value);
    return { old: isStored ? value : { ...key }, isStored, put: (mapping) => mapping };
  }
  const { listedBy } = KINDS[kind];
  if (listedBy === "arnLike" && key.arnLike === undefined) {
    throw usage(`${name} is a list. Use the ARN pattern of one entry as <who>.`);
  }
  if (listedBy === "session" && key.session === undefined) {
    const set = `sso/${account}/${encodeName(address.name)}`;
    throw usage(`${name} is a list. Name one session: ${set} --session <name>.`);
  }
  const isIt = (item: unknown) => hasKey(item, key);
  const items = listItems(name, stored, { kind, account }, isIt);
  const item = items.find(isIt);
  const isStored = isObject(item);
  const old = isStored ? item : { ...start, ...key };
  return { old, isStored, put: (mapping) => withItem(items, isIt, mapping) };
}

/** Returns the mapping with the values of the options. It is not validated. */
export function changedMapping(
  value: Readonly<Record<string, unknown>>,
  options: MappingOptions,
  notAfter: string | undefined,
) {
  const { username, principalId, description, unset = [] } = options;
  const groups = groupsOf(value["groups"], options);
  const result: Record<string, unknown> = {
    ...value,
    ...given({ username, groups, principalId, notAfter, description }),
  };
  for (const key of unset) delete result[key];
  return result;
}

function groupsOf(before: unknown, options: MappingOptions): string[] | undefined {
  const { access, namespace, addGroup = [], removeGroup = [] } = options;
  const group = access === undefined ? options.group : accessGroups(access, namespace);
  if (group === undefined && addGroup.length + removeGroup.length === 0) return undefined;
  const start: readonly unknown[] = group ?? (Array.isArray(before) ? before : []);
  const names = start.filter((name) => typeof name === "string");
  return [...new Set([...names, ...addGroup])].filter((name) => !removeGroup.includes(name));
}
