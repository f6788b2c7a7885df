// Carries out plans as the command does, and finds what a write gives to an identity, in every mix
// of values that a function may hold, without the operator's consent.

import { hasAdministrator } from "../../../../cli/model/access/administrators.ts";
import { hasConsent } from "../../../../cli/model/access/changes.ts";
import { marksOf, nextPhase } from "../../../../cli/model/access/phases.ts";
import {
  afterwards,
  type RuleSettings,
  type States,
  type Wanted,
} from "../../../../cli/model/access/state.ts";
import type { Mark, Phase } from "../../../../cli/model/judgement.ts";
import { mentionsAdministrators } from "../../../../cli/model/names.ts";
import type { User } from "../../../../functions/authenticator/user/user.ts";
import {
  type Answer,
  answer,
  dated,
  decide,
  decidingOf,
  forgetValues,
  getOr,
  isWithin,
  mappingOf,
  prepare,
  type Value,
  valueFor,
  type World,
  worldsFor,
} from "./answers.ts";
import { type AnyPlan, CONTEXT, type State, type Text } from "./any-plan.ts";
import { type Gain, isNamed, isShown } from "./consent.ts";

export interface Rule {
  readonly hasAdministrator: typeof hasAdministrator;
  readonly marksOf: typeof marksOf;
  readonly nextPhase: typeof nextPhase;
}

export const RULE: Rule = { hasAdministrator, marksOf, nextPhase };

/** In milliseconds: how long a function may use a value that is no longer stored. */
const CACHED_MS = 35_000;
const MOST_PHASES = 50;
/** Three writes a second. */
const WRITE_MS = 333;

export interface Options {
  /** The command is interrupted after each write, and run again. */
  readonly isInterrupted: boolean;
  readonly gap: number;
  /** Of plans over the same parameters: what they have in common is found once. */
  readonly family?: {
    readonly worlds: readonly World[];
    readonly phases: Map<string, Phase | undefined>;
  };
}

export interface Excess {
  readonly what: "not named" | "between";
  readonly arn: string;
  readonly world: World;
  readonly at: number;
  readonly user: User;
  readonly by: string;
  /** The write since which it has it. */
  readonly write: string;
  readonly baseline: readonly (User | undefined)[];
}

export interface Outcome {
  /** As printed, by each command and repetition. */
  readonly marks: readonly Mark[];
  readonly excess: readonly Excess[];
  /** What writes give to identities, with or without consent. */
  readonly gains: number;
  /** Gains that are only shown need no mark. */
  readonly named: number;
  /**
   * What identities have only between two writes, although the rule orders them: beyond each
   * command's states.
   */
  readonly between: number;
  readonly mixes: number;
  /**
   * Whether a write left no administrator, although there was one before and at the end of its
   * command.
   */
  readonly isLockedOut: boolean;
  /** In milliseconds: of all commands and waits. */
  readonly duration: number;
  /** Whether the plan stopped, since the rule marked something new, or does not end. */
  readonly isStopped: boolean;
}

interface Past {
  readonly value: Value;
  readonly from: number;
  readonly until: number;
}

/** Carries out the commands one after the other. */
export async function prove(plan: AnyPlan, options: Options, rule = RULE): Promise<Outcome> {
  const { states, reserved, signedTokens, others = [] } = plan;
  const { isInterrupted, gap, family } = options;
  const [first = {}] = states;
  const all = [...states, ...others.map(({ short, text }) => ({ [short]: text }))];
  const shorts = [...new Set(all.flatMap((state) => Object.keys(state)))];
  const touched = new Set(
    shorts.filter((short) => new Set(all.map((state) => state[short])).size > 1).map(nameOf),
  );
  const worlds = (family?.worlds ?? worldsFor(all, reserved)).filter(({ places }) =>
    places.some(({ parameter }) => touched.has(parameter)),
  );
  const common = {
    ...CONTEXT,
    reservedPrefixes: reserved ? ["res:"] : [],
    ...(signedTokens && { signedTokens }),
  };
  const current = new Map<string, { readonly value: Value; readonly modified: number }>();
  const history = new Map<string, Past[]>();
  let [now, mixes, gains, named, between, point, isLockedOut, isStopped] = [
    CONTEXT.now,
    0,
    0,
    0,
    0,
    0,
    false,
    false,
  ];
  const [printed, excess]: [Mark[], Excess[]] = [[], []];
  const ends = new Set<number>();

  async function use(name: string, text: Text): Promise<Value> {
    const value = valueFor(name, text);
    for (const end of value.ends) ends.add(end);
    await prepare(name, value, worlds);
    return value;
  }
  for (const short of shorts) {
    for (const state of all) await use(nameOf(short), state[short]);
    const value = valueFor(nameOf(short), first[short]);
    history.set(nameOf(short), [{ value, from: 0, until: Number.POSITIVE_INFINITY }]);
    if (value.text !== undefined) current.set(nameOf(short), { value, modified: 0 });
  }
  const stored = (): States =>
    new Map([...current].map(([name, { value, modified }]) => [name, dated(value, modified)]));

  function store(name: string, value: Value): void {
    const past = history.get(name) ?? [{ value: valueFor(name, undefined), from: 0, until: now }];
    const ended = past.map((one) => ({ ...one, until: Math.min(one.until, now) }));
    history.set(name, [...ended, { value, from: now, until: Number.POSITIVE_INFINITY }]);
    if (value.text === undefined) current.delete(name);
    else current.set(name, { value, modified: now });
  }

  function possible(name: string, at: number): readonly Value[] {
    const past = history.get(name);
    if (past === undefined) return [valueFor(name, undefined)];
    return past.length === 1
      ? past.map(({ value }) => value)
      : [
          ...new Set(
            past
              .filter(({ from, until }) => from <= at && until + CACHED_MS > at)
              .map(({ value }) => value),
          ),
        ];
  }

  /** Another operator writes before this call. Returns the parameters. */
  async function writesOfOthers(): Promise<readonly string[]> {
    const due = others.filter((one) => one.point === point);
    point += 1;
    for (const { short, text } of due) store(nameOf(short), await use(nameOf(short), text));
    return due.map(({ short }) => nameOf(short));
  }

  /**
   * Compares each mix in which the value has just been written with the same one before, and with
   * the commands' states.
   */
  function judge(
    name: string,
    old: Value,
    value: Value,
    marks: readonly Mark[],
    isOrdered: boolean,
  ): void {
    const instants = [now, ...[...ends].filter((end) => end > now)];
    for (const world of worlds) {
      const index = world.places.findIndex(({ parameter }) => parameter === name);
      if (index < 0) continue;
      for (const at of instants) {
        const [before, after] = [answer(old, world, at), answer(value, world, at)];
        if (isSame(before, after)) continue;
        const choices = world.places.map(({ parameter }, place) =>
          place === index
            ? [after]
            : distinct(possible(parameter, at).map((one) => answer(one, world, at))),
        );
        let baseline: readonly (User | undefined)[] | undefined;
        for (const mix of product(choices)) {
          mixes += 1;
          const deciding = decide(mix);
          if (deciding?.user === undefined) continue;
          const { user } = deciding;
          const was = decide(mix.with(index, before))?.user;
          // What it had before was judged when it was given.
          if (isWithin(user, was)) continue;
          gains += 1;
          if (isOrdered)
            baseline ??= states.map(
              (s) => decide(answersOf(world, at, (one) => valueFor(one, s[shortOf(one)])))?.user,
            );
          const isBetween =
            baseline !== undefined && !baseline.some((other) => isWithin(user, other));
          const mapping = mappingOf(deciding) ?? {};
          const { identity } = world;
          const { arn } = identity;
          const decision = { deciding, mapping, decidesNow: decides(world) };
          const gain: Gain = { identity, at, parameter: name, old: old.text, ...decision };
          const isOf = (mark: Mark) => isNamed(gain, mark);
          const write = `${name} = ${value.text}`;
          const found = {
            arn,
            world,
            at,
            user,
            by: deciding.parameter,
            write,
            baseline: [was, ...(baseline ?? [])],
          };
          if (marks.some((mark) => mark.parameter === name && isOf(mark))) named += 1;
          else if (!isShown(gain)) excess.push({ ...found, what: "not named" });
          if (!isBetween) continue;
          between += 1;
          if (!marks.some(isOf)) excess.push({ ...found, what: "between" });
        }
      }
    }
  }

  const answersOf = (world: World, at: number, of: (name: string) => Value) =>
    world.places.map(({ parameter }) => answer(of(parameter), world, at));
  const decides = (world: World) =>
    decidingOf(
      answersOf(world, now, (name) => current.get(name)?.value ?? valueFor(name, undefined)),
    );

  async function command(wanted: State): Promise<void> {
    let review: RuleSettings = { ...common, now };
    const changes = changesTo(
      wanted,
      new Map([...current].map(([name, { value }]) => [name, value.text])),
    );
    const final = new Map(
      Object.entries(wanted).flatMap(([short, text]) => {
        const value = valueFor(nameOf(short), text === "secure" ? "{" : text);
        return value.stored === undefined ? [] : [[nameOf(short), dated(value, 0)] as const];
      }),
    );
    const isAdministered = () => rule.hasAdministrator(stored(), { ...review, now });
    const isGuarded = isAdministered() && rule.hasAdministrator(final, { ...review, now });
    // A change is deferred until another administrator exists: then only the marks count.
    const isOrdered =
      others.length === 0 && !(isGuarded && mentionsAdministrators(JSON.stringify(states)));
    let [marks, isJudged]: [readonly Mark[], boolean] = [[], false];
    const print = () => {
      marks = (family ? rule.marksOf : marksByReading)(changes, stored(), review, rule);
      isJudged = true;
      printed.push(...marks);
    };
    print();
    for (let phases = 0; phases < MOST_PHASES; phases += 1) {
      let changed = await writesOfOthers();
      if (changes.some(({ name }) => changed.includes(name))) return;
      isJudged &&= changed.length === 0;
      const reading = new Set(changes.map(({ name }) => name));
      const judging = { ...review, reading };
      if (others.length > 0 || !isJudged) {
        const again = rule.marksOf(changes, stored(), judging);
        if (!again.every((mark) => hasConsent(mark, marks))) {
          isStopped = true;
          return;
        }
        marks = [...marks, ...again];
        isJudged = true;
      }
      const left = changes.filter(({ name, value }) => value !== current.get(name)?.value.text);
      const next = () => rule.nextPhase(left, stored(), judging, now);
      const texts = () =>
        Array.from(current, ([name, { value, modified }]) => [name, value.text, modified]);
      // An administrator's mapping may have ended during a wait: then the command stops.
      if (
        isGuarded &&
        isAdministered() &&
        !rule.hasAdministrator(afterwards(stored(), left), { ...review, now })
      )
        return;
      const phase = family
        ? getOr(family.phases, JSON.stringify([left, texts(), review.now, now]), next)
        : next();
      if (phase === undefined || phase.writes.length === 0) return;
      if (phase.from > now) {
        now = phase.from;
        continue;
      }
      for (const { name, value: text } of phase.writes) {
        changed = await writesOfOthers();
        if (changes.some((one) => changed.includes(one.name))) return;
        if (changed.some((one) => isLookedAt(one, reading))) break;
        const old = current.get(name)?.value ?? valueFor(name, undefined);
        const value = await use(name, text);
        const wasAdministered = isGuarded && isAdministered();
        store(name, value);
        if (wasAdministered && !isAdministered()) isLockedOut = true;
        isJudged = false;
        judge(name, old, value, marks, isOrdered);
        now += WRITE_MS;
        if (!isInterrupted) continue;
        now += gap;
        review = { ...review, now };
        print();
        break;
      }
    }
    isStopped = true;
  }

  for (const wanted of states.slice(1)) {
    await command(wanted);
    now += gap;
  }
  if (family === undefined) forgetValues();
  return {
    marks: printed,
    excess,
    gains,
    named,
    between,
    mixes,
    isLockedOut,
    isStopped,
    duration: now - CONTEXT.now,
  };
}

/**
 * The marks, with no other parameters than those that the rule looks at, as the command reads them.
 */
function marksByReading(
  changes: readonly Wanted[],
  stored: States,
  review: RuleSettings,
  rule: Rule,
): readonly Mark[] {
  const reading = new Set(changes.map(({ name }) => name));
  for (;;) {
    const { size } = reading;
    const current = new Map([...stored].filter(([name]) => isLookedAt(name, reading)));
    const marks = rule.marksOf(changes, current, { ...review, reading });
    if (reading.size === size) return marks;
  }
}

function isLookedAt(name: string, reading: ReadonlySet<string>): boolean {
  const [kind, account = ""] = shortOf(name).split("/");
  return [name, account, "any", ...(kind === "role" ? [`role/${account}`] : [])].some((look) =>
    reading.has(look),
  );
}

function changesTo(wanted: State, current: ReadonlyMap<string, Text>): readonly Wanted[] {
  const shorts = [...current.keys()].map(shortOf);
  return [...new Set([...Object.keys(wanted), ...shorts])].flatMap((short) => {
    // The command empties a list, and never deletes it.
    const none =
      /^(?:pattern|deny|sso-session)/.test(short) && current.has(nameOf(short)) ? "[]" : undefined;
    const [name, text] = [nameOf(short), wanted[short] ?? none];
    // The command writes no SecureString.
    const value = text === "secure" && current.get(name) !== "secure" ? "{" : text;
    return value === current.get(name) ? [] : [{ name, value }];
  });
}

const nameOf = (short: string) => `${CONTEXT.prefix}/${short}`;
const shortOf = (name: string) => name.slice(CONTEXT.prefix.length + 1);

function isSame(one: Answer, other: Answer): boolean {
  const [left, right] = [mappingOf(one), mappingOf(other)];
  return left === undefined && right === undefined && one.verdict.kind === other.verdict.kind;
}

function distinct(answers: readonly Answer[]): readonly Answer[] {
  if (answers.length < 2) return answers;
  return [...new Map(answers.map((one) => [mappingOf(one) ?? one.verdict.kind, one])).values()];
}

function product<T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] {
  let all: (readonly T[])[] = [choices.map(([first]) => first as T)];
  for (const [place, some] of choices.entries()) {
    if (some.length > 1) all = all.flatMap((one) => some.map((next) => one.with(place, next)));
  }
  return all;
}
