// A plan judged: who gains and who loses access by it, in words.

import { readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { compareAccess } from "../access/compare-access.ts";
import { type AccessTexts, describe } from "../access/describe.ts";
import type { EvaluationContext } from "../function-settings.ts";
import { lint } from "../mappings/lint/lint.ts";
import { afterwards, type Change } from "./plan.ts";
import type { ReadForAccess } from "./read-for-access.ts";

/** Callers and issuer keys give no identity access: a plan of them has nothing to judge. */
export function isJudged({ name }: Change, { prefix }: EvaluationContext): boolean {
  return readName(prefix, name) !== undefined;
}

export interface Judgement extends AccessTexts {
  /** By parameter: what lint calls a warning in a value that is written. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
}

export async function judge(
  changes: readonly Change[],
  { current, unread }: ReadForAccess,
  context: EvaluationContext,
): Promise<Judgement> {
  const judged = changes.filter((change) => isJudged(change, context));
  const states = { before: current, after: afterwards(current, judged) };
  const names = judged.map(({ name }) => name);
  const { weakenings, losses } = describe(await compareAccess(states, context), names, states, context);
  const warnings = await warningsIn(names, states.after, context);
  const [first] = names;
  if (unread === undefined || first === undefined) return { weakenings, losses, warnings };
  const text = `may grant more access than this plan shows: there is no permission to read ${unread}`;
  return {
    weakenings: new Map([...weakenings, [first, [...(weakenings.get(first) ?? []), { kind: "unknown", text }]]]),
    losses,
    warnings,
  };
}

/** The comparison already reports these with `!`. */
const COMPARED = ["account-wide", "system-name", "masters"];

/** Checks each value separately. Rules over several mappings belong to `mappings lint`. */
async function warningsIn(
  names: readonly string[],
  after: ReadonlyMap<string, StoredParameter>,
  context: EvaluationContext,
): Promise<Map<string, string[]>> {
  const isWritten = new Set(names);
  const written = new Map([...after].filter(([name]) => isWritten.has(name)));
  const found = new Map<string, string[]>();
  for (const { level, rule, where, message } of await lint(written, context)) {
    if (level !== "warning" || where === "" || COMPARED.includes(rule)) continue;
    const name = `${context.prefix}/${where}`;
    found.set(name, [...(found.get(name) ?? []), message]);
  }
  return found;
}
