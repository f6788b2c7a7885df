// Parameters and changes as the rule takes them, by short names.

import { marksOf } from "../../../../cli/model/access/phases.ts";
import type { States, Wanted } from "../../../../cli/model/access/state.ts";
import { CONTEXT, NOW } from "./any-plan.ts";
import { A } from "./universe.ts";

export const name = (short: string) => `${CONTEXT.prefix}/${short}`;
const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
export const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;

/** @param ages in milliseconds, of the parameters that were written a short time ago */
export function store(
  values: Readonly<Record<string, unknown>>,
  ages: Readonly<Record<string, number>> = {},
): States {
  return new Map(
    Object.entries(values).map(([short, value]) => {
      const age = ages[short];
      return [
        name(short),
        { value: text(value), secure: false, modified: age === undefined ? 0 : NOW - age },
      ];
    }),
  );
}

export function wanted(values: Readonly<Record<string, unknown>>): Wanted[] {
  return Object.entries(values).map(([short, value]) => {
    return { name: name(short), value: value === undefined ? undefined : text(value) };
  });
}

export const marks = (before: object, change: object) =>
  marksOf(wanted({ ...change }), store({ ...before }), CONTEXT).map(
    ({ kind, text: line }) => `${kind}: ${line}`,
  );

export const short = ({ name: full }: { readonly name: string }) =>
  full.slice(CONTEXT.prefix.length + 1);
