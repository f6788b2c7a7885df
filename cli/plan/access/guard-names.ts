// Refuses to add a denial by name where the name denies more identities, or where a function may
// not know names.

import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { type Connection, withSettingsUnread } from "../../aws/connection.ts";
import { EXIT } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { type ReviewSettings, shortName } from "../../model/evaluation.ts";
import { hasEnded, isFor, listIn, type VersionedParameter } from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import { Outdated } from "../judge.ts";
import { mayDenyByName } from "../read.ts";

/**
 * Throws `Outdated` if a change adds a name where `mappings deny` would write patterns. Reads
 * settings only if a name is added.
 *
 * @param stored the parameters that the changes are compared with
 * @param isAgain whether the settings that were read before may have changed
 */
export async function guardNames(
  changes: readonly Change[],
  stored: ReadonlyMap<string, VersionedParameter>,
  known: Connection,
  run: Run,
  isAgain = false,
): Promise<void> {
  const { review } = known;
  const added = changes.flatMap((change) => {
    const names = addedNames(change, stored.get(change.name), review);
    return names.length === 0
      ? []
      : [`${shortName(change.name, review.prefix)} would deny ${listed(names, "", 10)} by name`];
  });
  if (added.length === 0) return;
  const connection = isAgain ? withSettingsUnread(known) : known;
  if (await mayDenyByName(connection, run)) return;
  const isSigned = connection.functions.all().some(({ settings }) => settings.jwt !== undefined);
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
 * Returns the names in a deny list that the stored list does not have, or whose denial there has
 * ended.
 */
function addedNames(
  { name: list, value }: Change,
  before: VersionedParameter | undefined,
  { prefix, now }: ReviewSettings,
): string[] {
  if (readName(prefix, list)?.kind !== "deny") return [];
  const active = (text: string | undefined) =>
    (listIn(text) ?? []).filter((item) => !hasEnded(item, now));
  const stored = active(before?.value);
  return active(value).flatMap((item) => {
    const name = isObject(item) ? item["name"] : undefined;
    return typeof name === "string" && !stored.some((other) => isFor(other, name)) ? name : [];
  });
}
