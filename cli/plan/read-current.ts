// What stands there now, as far as a change needs to know it.

import { mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/errors.ts";
import { EXIT, Failure } from "../errors.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { startProgress } from "../io/progress.ts";
import { readName } from "../mapping-file/parameters.ts";
import { DEFAULT_READ_RATE, type WriteOptions } from "../options.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { readAll, readSome } from "../parameter-store/read.ts";
import { MASTERS } from "./admin-access.ts";
import type { Change } from "./plan.ts";

/** All mappings, or with --account that account's. */
export async function readMappings(connection: Connection, io: IOStreams): Promise<Map<string, Stored>> {
  const { ssm, site, account, readRate: rate = DEFAULT_READ_RATE } = connection;
  const progress = startProgress("reading", undefined, io);
  try {
    const { interrupted: signal } = io;
    return await readAll(ssm, { prefix: site.prefix, account, rate, signal, onCount: progress.show });
  } catch (error) {
    throw account === undefined ? withHint(error, TRY_ACCOUNT) : error;
  } finally {
    progress.end();
  }
}

/** The permission that a team has may be for its own account's branches alone. */
const TRY_ACCOUNT = "If you may read one account's mappings only, give that account: --account <id>.";
const TRY_FORCE = "Whether this takes the last administrator away cannot be seen: --force writes without looking.";

function withHint(error: unknown, hint: string): unknown {
  if (!(error instanceof Error) || error.name !== "AccessDeniedException") return error;
  return new Failure(EXIT.fault, `${toFailure(error)?.message}\n${hint}`, { cause: error });
}

/** What the guard of administrators has to see: everything where the change could take one away, else `known`. */
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
function placesBehind(parameter: string, { site: { prefix }, account: only }: Connection): string[] | undefined {
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
