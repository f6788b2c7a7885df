// What must be read to judge a change: all mappings if it could take an administrator away or make one, else nothing more.

import { candidates, mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { Connection } from "../aws/connection.ts";
import { supposeIdentity } from "../evaluate/principal.ts";
import type { IOStreams } from "../io/io-streams.ts";
import type { WriteOptions } from "../options.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { readSome } from "../parameter-store/read.ts";
import { denialsIn, isDenyList } from "./denials.ts";
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
  const isRisky =
    changes.some(({ before }) => before?.value.includes(MASTERS)) ||
    (await couldDeny(changes, connection, io)) ||
    (await couldShadow(changes, connection, io));
  return isRisky ? readMappings(connection, io) : known;
}

/** Whether a new denial is for somebody who may get `system:masters`. A pattern may be for anybody: it takes all mappings to know. */
async function couldDeny(changes: readonly Change[], connection: Connection, io: IOStreams): Promise<boolean> {
  const { context } = connection;
  for (const { name, before, value } of changes) {
    if (!isDenyList(name)) continue;
    const old = denialsIn(name, before?.value, context.now);
    for (const [key, { who }] of denialsIn(name, value, context.now)) {
      if (old.has(key)) continue;
      const identity = supposeIdentity(who);
      if (identity === undefined) return true;
      const names = candidates(context.prefix, identity).map(({ parameter }) => parameter);
      if (await anyHasMasters(names, connection, io)) return true;
    }
  }
  return false;
}

/** With --account, only what that account's permissions are for. */
async function anyHasMasters(names: readonly string[], connection: Connection, io: IOStreams): Promise<boolean> {
  const { account, ssm } = connection;
  const readable = account === undefined ? names : names.filter((name) => !name.endsWith("/any"));
  if (readable.length === 0) return false;
  const found = await readSome(ssm, readable, io.interrupted).catch((error: unknown) => {
    throw withHint(error, ...(account === undefined ? [TRY_ACCOUNT, TRY_FORCE] : [TRY_FORCE]));
  });
  return [...found.values()].some((stored) => stored.value.includes(MASTERS));
}

/** Whether a mapping that is written or goes counts before one that gives `system:masters` to the same identities. */
async function couldShadow(changes: readonly Change[], connection: Connection, io: IOStreams): Promise<boolean> {
  for (const { name } of changes) {
    const names = placesBehind(name, connection);
    if (names === undefined) return true;
    if (await anyHasMasters(names, connection, io)) return true;
  }
  return false;
}

/** In the order of a review (functions/authenticator/mapping/parameter-name.ts); `undefined` if they are of every account. */
function placesBehind(parameter: string, { context: { prefix } }: Connection): string[] | undefined {
  const address = readName(prefix, parameter);
  if (address === undefined || address.kind === "account" || address.kind === "deny") return [];
  const { kind, account, name } = address;
  if (kind === "pattern" && account === "any") return undefined;
  // The parameter's name has the role's name in lower case.
  const set = permissionSetOf(name.replace(/^awsreservedsso_/, "AWSReservedSSO_"));
  return [
    ...(kind === "role" && set !== undefined
      ? [mappingParameter(prefix, "sso-session", account, set), mappingParameter(prefix, "sso", account, set)]
      : []),
    ...(kind === "sso-session" ? [mappingParameter(prefix, "sso", account, name)] : []),
    ...(kind === "pattern" ? [] : [mappingParameter(prefix, "pattern", account)]),
    mappingParameter(prefix, "pattern", "any"),
    mappingParameter(prefix, "account", account),
  ];
}
