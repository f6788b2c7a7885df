// Refuses to add a denial by name where the name denies more identities, or where a function may
// not know names.

import { isObject } from "../../../functions/lib/json.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { type Connection, listFunctions } from "../../aws/connection.ts";
import { isAccessDenied } from "../../aws/errors.ts";
import { EXIT } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import type { ReviewSettings } from "../../model/evaluation.ts";
import type { FunctionSettings } from "../../model/function-settings.ts";
import {
  hasEnded,
  isFor,
  listIn,
  type VersionedParameter,
  type VersionedParameters,
} from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import { Outdated } from "../judge.ts";

/**
 * Throws `Outdated` if a change adds a name where `mappings deny` would write patterns. Reads
 * settings only if a name is added.
 *
 * @param lists the changes of deny lists
 * @param stored the parameters that the changes are compared with
 */
export async function guardNames(
  lists: readonly Change[],
  stored: VersionedParameters,
  connection: Connection,
  run: Run,
): Promise<void> {
  const { review } = connection;
  const added = lists.flatMap((list) => {
    const names = addedNames(list, stored.get(list.name), review);
    return names.length === 0
      ? []
      : [`${shortName(list.name, review.prefix)} would deny ${listed(names, "", 10)} by name`];
  });
  if (added.length === 0) return;
  const functions = await everyFunction(connection, run);
  if (functions?.every(mayReadNames)) return;
  const known = functions ?? connection.functions.all;
  const isSigned = known.some(({ settings }) => settings.jwt !== undefined);
  const why = isSigned
    ? "The function accepts AWS-signed tokens, which contain no session: a name denies all of them for every role."
    : "The settings of a function that reads it are not known: one that does not know names denies every identity that " +
      "the list covers, and one that accepts AWS-signed tokens denies all of them for every role.";
  throw new Outdated(EXIT.finding, [
    `Refused: ${added.join("; ")}. ${why}`,
    "Deny ARNs instead, as mappings deny <name> does there, or use --force.",
  ]);
}

/**
 * Returns whether a denial may name a person: the settings of every function below the prefix are
 * stored and completely known, so they are of a version that knows names, and none accepts
 * AWS-signed tokens, which a name would all deny. Lists the settings.
 */
export async function mayDenyByName(connection: Connection, run: Run): Promise<boolean> {
  return (await everyFunction(connection, run))?.every(mayReadNames) === true;
}

function mayReadNames({ condition, settings }: FunctionSettings): boolean {
  return condition === undefined && settings.jwt === undefined;
}

/** Returns `undefined` without permission. */
async function everyFunction(connection: Connection, run: Run) {
  try {
    return await listFunctions(connection, run);
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
    return undefined;
  }
}

/**
 * Returns the names in a deny list that the stored list does not have, or whose denial there has
 * ended.
 */
function addedNames(
  { value }: Change,
  before: VersionedParameter | undefined,
  { now }: ReviewSettings,
): string[] {
  const active = (text: string | undefined) =>
    (listIn(text) ?? []).filter((item) => !hasEnded(item, now));
  const stored = active(before?.value);
  return active(value).flatMap((item) => {
    const name = isObject(item) ? item["name"] : undefined;
    return typeof name === "string" && !stored.some((other) => isFor(other, name)) ? name : [];
  });
}
