// What stands there now, as far as a change needs to know it.

import { mappingParameter, permissionSetOf } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../aws/connection.ts";
import { toFailure } from "../aws/fault.ts";
import { readName } from "../document/parameters.ts";
import { EXIT, Failure } from "../failure.ts";
import { DEFAULT_READ_RATE } from "../options.ts";
import { startProgress } from "../output/progress.ts";
import type { Change } from "../plan/plan.ts";
import { MASTERS } from "../plan/reach.ts";
import type { Stored } from "../store/parameter.ts";
import { readAll, readSome } from "../store/read.ts";
import type { World } from "../world.ts";

/** All mappings, or with --account that account's. */
export async function readMappings(connection: Connection, world: World): Promise<Map<string, Stored>> {
  const { ssm, site, account, readRate: rate = DEFAULT_READ_RATE } = connection;
  const progress = startProgress("reading", undefined, world);
  try {
    const { interrupted: signal } = world;
    return await readAll(ssm, { prefix: site.prefix, account, rate, signal, onCount: progress.show });
  } catch (error) {
    throw withHint(error, connection);
  } finally {
    progress.end();
  }
}

/** The permission that a team has may be for its own account's branches alone. */
function withHint(error: unknown, { account }: Connection): unknown {
  if (account !== undefined || !(error instanceof Error) || error.name !== "AccessDeniedException") return error;
  const sentence = toFailure(error)?.message;
  const hint = "If you may read one account's mappings only, give that account: --account <id>.";
  return new Failure(EXIT.fault, `${sentence}\n${hint}`, { cause: error });
}

/** What the guard of administrators has to see: everything where the change could take one away, else `known`. */
export async function readForGuard(
  changes: readonly Change[],
  known: ReadonlyMap<string, Stored>,
  connection: Connection,
  world: World,
): Promise<ReadonlyMap<string, Stored>> {
  const isRisky = changes.some(({ before, value }) => before?.value.includes(MASTERS) || DENY.test(value ?? ""));
  if (isRisky || (await couldShadow(changes, connection, world))) return readMappings(connection, world);
  return known;
}

const DENY = /"deny"\s*:\s*true/;

/** Whether what is written stands before a place that gives `system:masters` to the same identities. */
async function couldShadow(changes: readonly Change[], connection: Connection, world: World): Promise<boolean> {
  for (const { name, value } of changes) {
    if (value === undefined) continue;
    const names = placesBehind(name, connection);
    if (names === undefined) return true;
    if (names.length === 0) continue;
    try {
      const found = await readSome(connection.ssm, names, world.interrupted);
      if ([...found.values()].some((stored) => stored.value.includes(MASTERS))) return true;
    } catch (error) {
      throw withHint(error, connection);
    }
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
