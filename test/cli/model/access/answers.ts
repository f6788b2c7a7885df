// What the function answers to each identity, with each value of its parameters, at each time. Each
// value is evaluated once.

import {
  type Evaluation,
  evaluateMapping,
} from "../../../../functions/authenticator/mapping/evaluate.ts";
import type { Mapping } from "../../../../functions/authenticator/mapping/mapping.ts";
import {
  type Candidate,
  candidates,
} from "../../../../functions/authenticator/mapping/parameter-name.ts";
import {
  decidingEvaluation,
  selectMapping,
} from "../../../../functions/authenticator/mapping/select.ts";
import { renderUser, type User } from "../../../../functions/authenticator/user/user.ts";
import { isDenial } from "../../../../functions/errors.ts";
import type {
  DatedParameter,
  StoredParameter,
} from "../../../../functions/parameters/stored-parameter.ts";
import { CONTEXT, type State, type Text } from "./any-plan.ts";
import { COMPLETING, type Identity, UNIVERSE } from "./universe.ts";

/**
 * One parameter for one identity. `user` is `undefined` if its names are rejected, or it is no
 * mapping.
 */
export interface Answer extends Evaluation {
  readonly user: User | undefined;
}

/** A function, as one identity sees it. */
export interface World {
  readonly identity: Identity;
  /** Its prefixes: those of the operator's shell, perhaps with `system:`. */
  readonly reserved: readonly string[];
  readonly places: readonly Candidate[];
  readonly number: number;
}

export interface Value {
  readonly text: Text;
  readonly stored: StoredParameter | undefined;
  readonly ends: readonly number[];
  /** By world, then by how many of its ends have passed. */
  readonly answers: Answer[][];
  readonly dated: Map<number, StoredParameter & Partial<DatedParameter>>;
}

const values = new Map<string, Map<Text, Value>>();

/** Parsed once: the function and the rule cache by object. */
export function valueFor(name: string, text: Text): Value {
  const ofName = getOr(values, name, () => new Map<Text, Value>());
  return getOr(ofName, text, () => {
    const stored =
      text === undefined
        ? undefined
        : { value: text === "secure" ? "[]" : text, secure: text === "secure" };
    return { text, stored, ends: [...endsIn(text)], answers: [], dated: new Map() };
  });
}

export function forgetValues(): void {
  values.clear();
}

export function dated(
  { stored, dated: known }: Value,
  modified: number,
): StoredParameter & Partial<DatedParameter> {
  return getOr(known, modified, () => ({ ...(stored ?? { value: "", secure: false }), modified }));
}

export function endsIn(text: Text): Set<number> {
  return new Set(
    Array.from((text ?? "").matchAll(/"notAfter":"([^"]+)"/g), ([, end = ""]) => Date.parse(end)),
  );
}

export function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const RESERVED = [[], ["res:"], ["system:"], ["res:", "system:"]];
const WORLDS = RESERVED.map((reserved, index) =>
  UNIVERSE.map((identity, at): World => {
    return {
      identity,
      reserved,
      places: candidates(CONTEXT.prefix, identity),
      number: index * UNIVERSE.length + at,
    };
  }),
);

/** The worlds of a plan, without those that differ only in what its values do not use. */
export function worldsFor(states: readonly State[], isReserved: boolean): readonly World[] {
  const text = JSON.stringify(states);
  const uses = (pattern: RegExp) => pattern.test(text);
  const [claims, pins, nodes] = [uses(/\{(?:Iden|Sour|Prin)/), uses(/principalId/), uses(/EC2/)];
  const completes = uses(/access:\{/);
  const own = WORLDS[isReserved ? 1 : 0] ?? [];
  // The shell may lack the function's prefix.
  const both = uses(/system/) ? [...own, ...(WORLDS[isReserved ? 3 : 2] ?? [])] : own;
  return both.filter(
    ({ identity: { claims: signed, principalId, sessionName, isNode } }) =>
      (completes || sessionName !== COMPLETING) &&
      (claims || signed?.identityStoreUserId === undefined) &&
      (claims || signed?.sourceIdentity === undefined) &&
      (claims || signed?.principalTags["team"] === undefined) &&
      (pins || !principalId?.includes("PINNED")) &&
      (nodes || !isNode),
  );
}

/** Has to be awaited once for each value and world, before `answer`. */
export async function prepare(name: string, value: Value, worlds: readonly World[]): Promise<void> {
  if (value.stored === undefined) return;
  for (const world of worlds) {
    if (value.answers[world.number] !== undefined) continue;
    const place = world.places.find(({ parameter }) => parameter === name);
    if (place === undefined) continue;
    const ofWorld: Answer[] = [];
    for (const at of [0, ...value.ends.toSorted((a, b) => a - b)]) {
      const evaluation = evaluateMapping(place, value.stored, world.identity, at);
      const user =
        evaluation.verdict.kind === "match" ? await render(evaluation, world) : undefined;
      ofWorld.push({ ...evaluation, user });
    }
    value.answers[world.number] = ofWorld;
  }
}

async function render(
  evaluation: Evaluation,
  { identity, reserved }: World,
): Promise<User | undefined> {
  const node = identity.isNode
    ? { name: "ip-192-0-2-1.ec2.internal" }
    : { refusal: "not an instance" };
  try {
    return await renderUser(
      selectMapping([evaluation], identity),
      identity,
      reserved,
      async () => node,
    );
  } catch (error) {
    if (isDenial(error)) return undefined;
    throw error;
  }
}

const verdict = { kind: "nothing" } as const;
const NOTHING: Answer = {
  place: "exact",
  parameter: "",
  verdict,
  invalidCount: 0,
  user: undefined,
};

export function answer({ stored, ends, answers }: Value, { number }: World, at: number): Answer {
  if (stored === undefined) return NOTHING;
  let passed = 0;
  for (const end of ends) if (end <= at) passed += 1;
  const found = answers[number]?.[passed];
  if (found === undefined) throw new Error("the value has to be prepared");
  return found;
}

export function decidingOf(mix: readonly Answer[]): Answer | undefined {
  return decidingEvaluation(mix) as Answer | undefined;
}

export function decide(mix: readonly Answer[]): Answer | undefined {
  const deciding = decidingOf(mix);
  return deciding?.user === undefined ? undefined : deciding;
}

export function mappingOf({ verdict }: Answer): Mapping | undefined {
  return verdict.kind === "match" ? verdict.mapping : undefined;
}

export function isWithin(user: User, other: User | undefined): boolean {
  if (user === other) return true;
  return (
    other?.username === user.username && user.groups.every((group) => other.groups.includes(group))
  );
}
