// A plan judged: who gains and who loses access by it, in words.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import { compareAccess } from "../access/compare-access.ts";
import { type AccessTexts, describe } from "../access/describe.ts";
import type { EvaluationContext } from "../evaluate/evaluation.ts";
import { afterwards, type Change } from "./plan.ts";
import type { ReadForAccess } from "./read-for-access.ts";

/** Callers and issuer keys give no identity access: a plan of them has nothing to judge. */
export function isJudged({ name }: Change, { prefix }: EvaluationContext): boolean {
  return readName(prefix, name) !== undefined;
}

export async function judge(
  changes: readonly Change[],
  { current, unread }: ReadForAccess,
  context: EvaluationContext,
): Promise<AccessTexts> {
  const judged = changes.filter((change) => isJudged(change, context));
  const states = { before: current, after: afterwards(current, judged) };
  const names = judged.map(({ name }) => name);
  const { weakenings, losses } = describe(await compareAccess(states, context), names, states, context);
  const [first] = names;
  if (unread === undefined || first === undefined) return { weakenings, losses };
  const text = `may grant more access than this plan shows: there is no permission to read ${unread}`;
  return {
    weakenings: new Map([...weakenings, [first, [...(weakenings.get(first) ?? []), { kind: "unknown", text }]]]),
    losses,
  };
}
