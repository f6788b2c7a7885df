// What the lockout guard must see of a change: everything where it could take an administrator away, else what is known.

import { mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../aws/connection.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { readName } from "../mapping-file/parameter-name.ts";
import type { WriteOptions } from "../options.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { readSome } from "../parameter-store/read.ts";
import { MASTERS } from "./masters.ts";
import type { Change } from "./plan.ts";
import { readMappings, TRY_ACCOUNT, withHint } from "./read-current.ts";

const TRY_FORCE = "Whether this takes the last administrator away cannot be seen: --force writes without looking.";

export async function readForGuard(
  changes: readonly Change[],
  known: ReadonlyMap<string, Stored>,
  connection: Connection,
  { force }: WriteOptions,
  io: IOStreams,
): Promise<ReadonlyMap<string, Stored>> {
  if (force) return known;
  const isRisky = changes.some(({ before, value }) => before?.value.includes(MASTERS) || DENY.test(value ?? ""));
  if (isRisky || (await couldShadow(changes, connection, io))) return readMappings(connection, io);
  return known;
}

const DENY = /"deny"\s*:\s*true/;

/** Whether what is written stands before a place that gives `system:masters` to the same identities. */
async function couldShadow(changes: readonly Change[], connection: Connection, io: IOStreams): Promise<boolean> {
  for (const { name, value } of changes) {
    if (value === undefined) continue;
    const names = placesBehind(name, connection);
    if (names === undefined) return true;
    if (names.length === 0) continue;
    const found = await readSome(connection.ssm, names, io.interrupted).catch((error: unknown) => {
      throw withHint(error, connection.account === undefined ? `${TRY_ACCOUNT}\n${TRY_FORCE}` : TRY_FORCE);
    });
    if ([...found.values()].some((stored) => stored.value.includes(MASTERS))) return true;
  }
  return false;
}

/** In the order of a review (functions/authenticator/mapping/parameter-name.ts); `undefined`: of every account. */
function placesBehind(parameter: string, { context: { prefix }, account: only }: Connection): string[] | undefined {
  const place = readName(prefix, parameter);
  if (place === undefined || place.kind === "account") return [];
  const { kind, account, name } = place;
  if (kind === "pattern" && account === "any") return undefined;
  // In a parameter's name the role's is in lower case.
  const set = permissionSetOf(name.replace(/^awsreservedsso_/, "AWSReservedSSO_"));
  return [
    ...(kind === "role" && set !== undefined ? [mappingParameter(prefix, "sso", account, set)] : []),
    ...(kind === "pattern" ? [] : [mappingParameter(prefix, "pattern", account)]),
    ...(only === undefined ? [mappingParameter(prefix, "pattern", "any")] : []),
    mappingParameter(prefix, "account", account),
  ];
}
