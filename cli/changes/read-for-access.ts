// What is read to judge a change: all that a review of an identity of the affected accounts reads.

import { denyParameter, mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../aws/connection.ts";
import type { IOStreams } from "../io/io-streams.ts";
import { shortName } from "../mapping-file/parameter-name.ts";
import type { Stored } from "../parameter-store/parameter.ts";
import { readSome } from "../parameter-store/read.ts";
import { readMappings } from "./read-current.ts";

export interface ReadForAccess {
  readonly current: ReadonlyMap<string, Stored>;
  /** What could not be read, as a phrase; `undefined` where everything was. */
  readonly unread: string | undefined;
}

/**
 * Every mapping, or with --account that account's and the lists for any account. A permission that is missing stops
 * nothing: the answer is "cannot tell" then.
 *
 * @param isWhole whether `known` is every mapping already, or with --account that account's
 */
export async function readForAccess(
  known: ReadonlyMap<string, Stored>,
  isWhole: boolean,
  connection: Connection,
  io: IOStreams,
): Promise<ReadForAccess> {
  const { account, ssm, context } = connection;
  const unread: string[] = [];
  const read = async (what: string, work: () => Promise<ReadonlyMap<string, Stored>>) => {
    try {
      return await work();
    } catch (error) {
      if (!isAccessDenied(error)) throw error;
      unread.push(what);
      return new Map<string, Stored>();
    }
  };
  const mappings = isWhole
    ? known
    : await read(
        account === undefined ? "every mapping (to read one account's only, use --account)" : "every mapping",
        () => readMappings(connection, io),
      );
  const lists = [denyParameter(context.prefix, "any"), mappingParameter(context.prefix, "pattern", "any")];
  const forAny =
    account === undefined
      ? new Map<string, Stored>()
      : await read(lists.map((name) => shortName(name, context.prefix)).join(" and "), () =>
          readSome(ssm, lists, io.interrupted),
        );
  return {
    // What was read for the plan is what its writes are compared with.
    current: new Map([...mappings, ...forAny, ...known]),
    unread: unread.length === 0 ? undefined : unread.join(" and "),
  };
}

/** Also as the cause of an error with a hint. */
function isAccessDenied(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AccessDeniedException" || isAccessDenied(error.cause);
}
