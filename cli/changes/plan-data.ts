// A plan as data, for programs.

import { shortName } from "../function-settings.ts";
import { normal } from "../mappings/file/read-parameter.ts";
import type { Judgement } from "./judge.ts";
import type { Plan } from "./plan.ts";

/** Values are parsed JSON where they are valid. `weakenings` are the lines that the plan marks with `!`. */
export function planData(
  { changes, unchanged, extra, weakenings, losses, warnings }: Plan & Judgement,
  destination: string,
  prefix: string,
) {
  return {
    destination,
    changes: changes.map(({ action, name, before, value }) => ({
      action,
      name: shortName(name, prefix),
      ...(before !== undefined && { before: normal(before.value) }),
      ...(value !== undefined && { after: normal(value) }),
      weakenings: (weakenings.get(name) ?? []).map(({ text }) => text),
      warnings: warnings.get(name) ?? [],
      losses: losses.get(name) ?? [],
    })),
    unchanged,
    notInFiles: extra.map((name) => shortName(name, prefix)),
  };
}
