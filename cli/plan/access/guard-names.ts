// Refuses to add a denial by name where the name denies more identities, or where a function may
// not know names.

import { readName } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import type { Connection } from "../../aws/connection.ts";
import { finding } from "../../io/errors.ts";
import { listed } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { type ReviewSettings, shortName } from "../../model/evaluation.ts";
import { hasEnded, isFor, listIn } from "../../model/stored.ts";
import type { Change } from "../changes.ts";
import { mayDenyByName } from "../read.ts";

/**
 * Throws if a change adds a name where `mappings deny` would write patterns. Reads settings only if
 * a name is added.
 */
export async function guardNames(
  changes: readonly Change[],
  connection: Connection,
  run: Run,
): Promise<void> {
  const { review } = connection;
  const added = changes.flatMap((change) => {
    const names = addedNames(change, review);
    return names.length === 0
      ? []
      : [`${shortName(change.name, review.prefix)} would deny ${listed(names, "", 10)} by name`];
  });
  if (added.length === 0 || (await mayDenyByName(connection, run))) return;
  const why =
    review.signedTokens === undefined
      ? "The settings of a function that reads it are not known: one that does not know names denies every identity that " +
        "the list covers, and one that accepts AWS-signed tokens denies all of them for every role."
      : "The function accepts AWS-signed tokens, which contain no session: a name denies all of them for every role.";
  throw finding(
    `Refused: ${added.join("; ")}. ${why}`,
    "Deny ARNs instead, as mappings deny <name> does there, or use --force.",
  );
}

/**
 * Returns the names in a deny list that the stored list does not have, or whose denial there has
 * ended.
 */
function addedNames(
  { name: list, before, value }: Change,
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
