// Places denials in their lists. A list that cannot hold a denial stops none in another list.

import { denyParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { type Checked, invalid } from "../../../functions/lib/checked.ts";
import { shortName } from "../../../functions/parameters/names.ts";
import { managerOf } from "../../../functions/settings/stack.ts";
import type { Connection } from "../../aws/connection.ts";
import type { Run } from "../../io/run.ts";
import { readValue } from "../../model/entry-arns.ts";
import { MAX_BYTES, type VersionedParameters } from "../../model/stored.ts";
import { findOwner } from "../../plan/changes.ts";
import { type Terms, withDenial } from "./deny-list.ts";

/** A name or an ARN pattern, for the list of an account or `any`. */
export interface Denial {
  readonly account: string;
  readonly denied: string;
}

/** What each list is judged by. */
export interface Lists {
  readonly known: VersionedParameters;
  /** The lists that AWS has refused to write. */
  readonly refused: ReadonlySet<string>;
  /** The number of bytes that each list keeps free. */
  readonly reserve: number;
  /** Whether lists of a stack are written. */
  readonly force: boolean;
  readonly terms: Terms;
}

export interface Placed {
  /** The lists with their denials, by parameter. */
  readonly desired: ReadonlyMap<string, string>;
  /** The denials that their list cannot hold. `problem` is a clause, such as `deny/any is full`. */
  readonly left: readonly (Denial & { readonly problem: string })[];
}

/** Adds each denial to its list, one after the other. */
export async function placeDenials(
  denials: readonly Denial[],
  lists: Lists,
  connection: Connection,
  run: Run,
): Promise<Placed> {
  const desired = new Map<string, string>();
  const left: Placed["left"][number][] = [];
  for (const [account, ofList] of Map.groupBy(denials, (denial) => denial.account)) {
    const list = denyParameter(connection.review.prefix, account);
    const where = shortName(list, connection.review.prefix);
    const closed = await problemOfList(list, lists, connection, run);
    for (const denial of ofList) {
      const longer =
        closed === undefined
          ? listWith(denial, desired.get(list), list, lists, connection)
          : invalid(closed);
      if (longer.valid) desired.set(list, longer.value);
      else left.push({ ...denial, problem: `${where} ${longer.problem}` });
    }
  }
  return { desired, left };
}

/** Returns why a list can hold no further denial, as a verb phrase. */
async function problemOfList(
  list: string,
  { known, refused, force }: Lists,
  { ssm, review }: Connection,
  run: Run,
): Promise<string | undefined> {
  const stored = known.get(list);
  if (refused.has(list)) return "may not be written with your permissions";
  if (stored === undefined) return undefined;
  if (stored.secure) return "is a SecureString";
  if (readValue(list, stored, review).problem !== undefined) return "is invalid";
  if (force) return undefined;
  const { stack } = await findOwner(ssm, list, run.interrupted);
  return stack && `is managed by ${managerOf(stack)}`;
}

/**
 * Returns the list with the denial, or why it cannot hold it.
 *
 * @param text the list with the denials that were placed before
 */
function listWith(
  { account, denied }: Denial,
  text: string | undefined,
  list: string,
  { known, terms, reserve }: Lists,
  { review }: Connection,
): Checked<string> {
  const stored = known.get(list);
  const before = text === undefined ? stored : { secure: false, ...stored, value: text };
  const { value, bytes, isNew } = withDenial(account, before, denied, terms, review);
  const free = isNew ? reserve : 0;
  if (bytes + free <= MAX_BYTES) return { valid: true, value };
  const used = Buffer.byteLength(stored?.value ?? "");
  return invalid(`is full (${used} of ${MAX_BYTES} bytes)`);
}
