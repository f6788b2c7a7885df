// The stored mapping that was meant by a name that is not stored.

import { isListKind, KINDS, kindsWhere } from "../../functions/authenticator/mapping/kinds.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { didYouMean } from "../../functions/lib/text.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { toFailure } from "../aws/errors.ts";
import type { Store } from "../aws/store.ts";
import type { Run } from "../io/run.ts";
import type { Target } from "../model/target.ts";
import { pagesBelow, readByName } from "./read.ts";

/** Of more pages, no suggestion is worth the wait. Each has ten names. */
const MOST_PAGES = 30;

/** The kinds of which one name may be another one's: a permission set, a role or a user. */
const NAMED = kindsWhere((kind) => KINDS[kind].path === "named" && !isListKind(kind));

/**
 * Returns ` Did you mean sso/111122223333/clusteradmin?`, to follow a sentence; empty if no stored
 * name of the account is similar, or without permission to list its names.
 */
export async function similarMapping(
  { parameter, address: { kind, account, name } }: Pick<Target, "parameter" | "address">,
  store: Store,
  run: Run,
): Promise<string> {
  const { prefix } = store.review;
  if (KINDS[kind].path !== "named") return "";
  try {
    const others = NAMED.filter((other) => other !== kind).map((other) =>
      mappingParameter(prefix, other, account, name),
    );
    const [ofOtherKind] = (await readByName(others, store, run)).keys();
    if (ofOtherKind !== undefined) return ` Did you mean ${shortName(ofOtherKind, prefix)}?`;
    const names: string[] = [];
    let pages = 0;
    const branch = `${prefix}/${kind}/${account}/`;
    for await (const page of pagesBelow(branch.slice(0, -1), store, run)) {
      names.push(...page.map((stored) => stored.name.slice(branch.length)));
      pages += 1;
      if (pages === MOST_PAGES) break;
    }
    const meant = (found: string) => shortName(`${branch}${found}`, prefix);
    return didYouMean(parameter.slice(branch.length), names, meant);
  } catch (error) {
    // The sentence before it is the answer, and the permission to list is another one.
    run.interrupted.throwIfAborted();
    if (toFailure(error) === undefined) throw error;
    return "";
  }
}
