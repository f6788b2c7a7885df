// Carries out plans as the command does, and finds identities that get more than before and at the end without a mark.

import { isDeepStrictEqual } from "node:util";
import { hasAdministrator } from "../../../cli/access/administrators.ts";
import type { Entry } from "../../../cli/access/entries.ts";
import type { Mark } from "../../../cli/access/marks.ts";
import { mentionsAdministrators } from "../../../cli/access/names.ts";
import { marksOf, nextPhase } from "../../../cli/access/phases.ts";
import type { RuleContext, States, Wanted } from "../../../cli/access/plan-state.ts";
import type { EvaluationContext } from "../../../cli/function-settings.ts";
import { arnSections, matchesSections } from "../../../functions/authenticator/mapping/arn-like.ts";
import { claimPlaceholdersIn } from "../../../functions/authenticator/mapping/claim-placeholders.ts";
import { identityArns } from "../../../functions/authenticator/mapping/deny-list.ts";
import { type Evaluation, evaluateMapping } from "../../../functions/authenticator/mapping/evaluate.ts";
import type { Mapping } from "../../../functions/authenticator/mapping/mapping.ts";
import { type Candidate, candidates } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../../../functions/authenticator/mapping/select.ts";
import { renderUser, type User } from "../../../functions/authenticator/user/user.ts";
import { isDenial } from "../../../functions/errors.ts";
import { parseJson } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../../functions/parameters/stored-parameter.ts";
import { type AnyPlan, CONTEXT, LATER, type State, type Text } from "./any-plan.ts";
import { type Identity, UNIVERSE } from "./universe.ts";

/** What is proven. */
export interface Rule {
  readonly hasAdministrator: typeof hasAdministrator;
  readonly marksOf: typeof marksOf;
  readonly nextPhase: typeof nextPhase;
}

export const RULE: Rule = { hasAdministrator, marksOf, nextPhase };

/** In milliseconds: how long the function may use an earlier value. */
const CACHED_MS = 35_000;

/** A value of a parameter, and when the next one replaced it. */
interface Past {
  readonly text: Text;
  readonly until: number;
}

interface Run {
  readonly states: readonly State[];
  readonly identities: readonly Identity[];
}

interface Store {
  readonly values: Map<string, { readonly text: Text; readonly modified: number }>;
  readonly past: Map<string, Past[]>;
  now: number;
}

export interface Excess {
  readonly identity: Identity;
  readonly at: number;
  readonly user: User;
  /** What gives it. */
  readonly parameter: string;
  readonly mapping: Mapping | undefined;
  /** Whether it exists at the end, not only while functions cache earlier values. */
  readonly isFinal: boolean;
  readonly step: string;
  /** What it has before or after each command. */
  readonly baseline: readonly (User | undefined)[];
}

/** Parsed once: the function caches by object. */
const objects = new Map<string, Map<Text, StoredParameter | undefined>>();

function parameter(name: string, text: Text): StoredParameter | undefined {
  if (text === undefined) return undefined;
  const ofName = getOr(objects, name, () => new Map());
  return getOr(ofName, text, () =>
    text === "secure" ? { value: "[]", secure: true } : { value: text, secure: false },
  );
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

const numbers = new Map(UNIVERSE.map((identity, index) => [identity, index]));
const places = new Map(UNIVERSE.map((identity) => [identity, candidates(CONTEXT.prefix, identity)]));
/** The decision of one parameter, by identity and time. */
const evaluations = new WeakMap<StoredParameter, Map<number, Evaluation>>();
/** More than any time. */
const TIMES = 2 ** 41;

function evaluate(place: Candidate, stored: StoredParameter | undefined, identity: Identity, at: number): Evaluation {
  if (stored === undefined) return { ...place, verdict: { kind: "nothing" }, invalidCount: 0 };
  const known = evaluations.get(stored) ?? new Map<number, Evaluation>();
  evaluations.set(stored, known);
  return getOr(known, (numbers.get(identity) ?? 0) * TIMES + at, () => evaluateMapping(place, stored, identity, at));
}

/** By mapping, identity and reserved prefixes: `undefined` if its names are rejected. */
const users = new Map<unknown, Map<string, User | undefined>>();

/** What the identity gets with one evaluation of each parameter; `undefined` if it is denied. */
async function userWith(
  evaluations: readonly Evaluation[],
  identity: Identity,
  reserved: readonly string[],
): Promise<User | undefined> {
  const deciding = decidingEvaluation(evaluations);
  if (deciding?.verdict.kind !== "match") return undefined;
  const { mapping } = deciding.verdict;
  const known = users.get(mapping) ?? new Map<string, User | undefined>();
  users.set(mapping, known);
  const key = `${numbers.get(identity)} ${reserved.length}`;
  if (!known.has(key)) known.set(key, await render(evaluations, identity, reserved));
  return known.get(key);
}

async function render(
  evaluations: readonly Evaluation[],
  identity: Identity,
  reserved: readonly string[],
): Promise<User | undefined> {
  const node = identity.isNode ? { name: "ip-192-0-2-1.ec2.internal" } : { refusal: "not an instance" };
  try {
    return await renderUser(selectMapping(evaluations, identity), identity, reserved, async () => node);
  } catch (error) {
    if (isDenial(error)) return undefined;
    throw error;
  }
}

function isWithin(user: User, other: User | undefined): boolean {
  return (
    other !== undefined &&
    other.username === user.username &&
    user.groups.every((group) => other.groups.includes(group))
  );
}

export interface Options {
  /** Calls the rule again after each write, as after an interruption. */
  readonly isInterrupted: boolean;
  /** Milliseconds between phases. */
  readonly gap: number;
}

export interface Outcome {
  readonly marks: readonly Mark[];
  /** Not by a marked entry. */
  readonly excess: readonly Excess[];
  /** All of it, also by a marked or shown entry. */
  readonly gains: number;
  readonly mixes: number;
  /** Whether a write left no administrator, although there was one before and at the end of its command. */
  readonly isLockedOut: boolean;
}

/** Carries out the commands one after the other. */
export async function prove(plan: AnyPlan, { isInterrupted, gap }: Options, rule = RULE): Promise<Outcome> {
  const { states, reserved } = plan;
  const run = { states, identities: identitiesFor(plan) };
  const [first = {}] = states;
  const context: EvaluationContext = { ...CONTEXT, reservedPrefixes: reserved ? ["res:"] : [] };
  const store: Store = { now: CONTEXT.now, past: new Map(), values: new Map() };
  for (const [name, text] of Object.entries(first)) {
    if (text !== undefined) store.values.set(`${CONTEXT.prefix}/${name}`, { text, modified: 0 });
  }
  const excess: Excess[] = [];
  const marks: Mark[] = [];
  let [mixes, isLockedOut] = [0, false];
  const isAdministered = (one: Store) => rule.hasAdministrator(statesOf(one), { ...context, now: one.now });
  const check = async (isFinal: boolean, step: string) => {
    const found = await findExcess(store, run, context, isFinal, step);
    mixes += found.mixes;
    excess.push(...found.excess);
  };
  for (const wanted of states.slice(1)) {
    const changes = changesTo(wanted, store);
    const planned = store.now;
    const final = new Map(Object.entries(wanted).flatMap(([short, text]) => namedParameter(short, text)));
    const isGuarded = isAdministered(store) && rule.hasAdministrator(final, context);
    marks.push(...marksByReading(changes, statesOf(store), { ...context, now: store.now }, rule));
    for (;;) {
      const phase = rule.nextPhase(changes, statesOf(store), { ...context, now: planned }, store.now);
      if (phase === undefined) break;
      if (phase.writes.length === 0) break;
      store.now = Math.max(store.now, phase.from);
      for (const { name, value } of isInterrupted ? phase.writes.slice(0, 1) : phase.writes) {
        write(store, name, value);
        if (isGuarded && !isAdministered(store)) isLockedOut = true;
      }
      await check(false, phase.writes.map(({ name, value }) => `${name}=${value}`).join(" "));
      store.now += gap;
    }
  }
  await check(true, "end");
  const unmarked = excess.filter((one) => !isMarked(one, marks, states) && !(one.isFinal && isShown(one, states)));
  return { marks, excess: unmarked, gains: excess.length, mixes, isLockedOut };
}

/** The marks, with no other parameters than those that the rule looks at, as the command reads them. */
function marksByReading(changes: readonly Wanted[], stored: States, context: RuleContext, rule: Rule): readonly Mark[] {
  const reading = new Set(changes.map(({ name }) => name));
  for (;;) {
    const { size } = reading;
    const isRead = (name: string) => {
      const [kind, account = ""] = shortOf(name).split("/");
      return [name, account, "any", ...(kind === "role" ? [`role/${account}`] : [])].some((look) => reading.has(look));
    };
    const current = new Map([...stored].filter(([name]) => isRead(name)));
    const marks = rule.marksOf(changes, current, { ...context, reading });
    if (reading.size === size) return marks;
  }
}

/**
 * Whether the operator accepts it: a mark of an entry or invalid value of this identity names the entry that gives it. While
 * functions cache earlier values, only where no order of the writes avoids it. R is a role of the permission set V:
 *
 * - The list of sessions and the mapping of R are each higher than the other for some tokens, so one is written first.
 *   `{}` becomes `{role R: u, sso-session V: [Jane: v]}`: Jane gets v before R's mapping applies.
 *   `{role R: u, sso-session V: [jane: v]}` becomes `{sso-session V: []}`: jane gets v after R is removed.
 * - A change is deferred until another administrator exists.
 *   `{role ci: u (masters)}` becomes `{role ci: u (masters, g), sso V: a (masters), deny: role/ci}`: ci gets g before.
 *   `{sso-session V: invalid, sso V: u (masters)}` becomes `{sso-session V: [Jane: a (masters)]}`: jane gets u before.
 * - `{pattern any: invalid, account: u}` becomes `{pattern any: [role/ci: x], account: v}`. Grants come before invalid values,
 *   so ci gets v.
 * - `{federated-user fred: [arn Fred], account: x}` becomes `{federated-user fred: [arn fred, until July], account: y}`, and
 *   y is rejected. The first write removes Fred and adds fred, who gets x after July until the account is written.
 * - `{sso V: u (g), sso-session V: [jane: u]}` becomes `{role R: v, sso V: u (g), sso-session V: [Jane: u (masters)]}`. The
 *   list is written first for what it gives, so jane gets g before R's mapping applies.
 * - `{role R: u, sso-session V: invalid, account: x}` becomes `{sso-session V: [Jane: v], account: x}`. Whom an invalid list
 *   denied gets x, so removals come first, and Jane gets x before the list is valid. The same for a list of patterns.
 */
function isMarked(
  { identity, parameter: deciding, mapping, isFinal }: Excess,
  marks: readonly Mark[],
  states: readonly State[],
): boolean {
  const names = new Set(places.get(identity)?.map(({ parameter: name }) => name));
  const own = marks.filter(
    ({ parameter: name, entry }) => names.has(name) && (entry === undefined || appliesTo(entry, identity)),
  );
  const isSame = ({ mapping: { username, groups = [] } }: Entry) =>
    isDeepStrictEqual([username, groups], [mapping?.username, mapping?.groups ?? []]);
  // A later command may change the names of a mapping that has lost its end or pin, or replaced an invalid value.
  const isOfLimit = ({ parameter: name, kind }: Mark) => name === deciding && ["end", "pin", "invalid"].includes(kind);
  const naming = own.filter((mark) =>
    mark.gives.some(
      (one) => one.parameter === deciding && (isSame(one) || isOfLimit(mark)) && appliesTo(one, identity),
    ),
  );
  if (isFinal) return naming.length > 0;
  const changes = (name: string) => new Set(states.map((state) => state[shortOf(name)])).size > 1;
  const changesOf = (pattern: RegExp) => [...names].some((name) => pattern.test(name) && changes(name));
  const isDeferring = mentionsAdministrators(JSON.stringify(states));
  const isOfSet = deciding.includes("/sso-session/") && changes(deciding) && changesOf(/\/awsreservedsso_/);
  const isOfInvalidList = own.some(
    ({ parameter: name, kind }) => kind === "invalid" && /\/(?:sso-session|pattern)\//.test(name),
  );
  return naming.some(({ parameter: name, kind }) => {
    if (isOfSet || isOfInvalidList) return true;
    if (kind === "invalid") return isDeferring && changes(deciding);
    if (kind !== "broader") return (isDeferring && changesOf(/\/deny\//)) || own.some((one) => one.kind === "invalid");
    const isTwice = marks.some((one) => one.parameter === name && one.kind !== "broader");
    return isTwice || (name.includes("/federated-user/") && changes(deciding));
  });
}

function shortOf(name: string): string {
  return name.slice(CONTEXT.prefix.length + 1);
}

function appliesTo({ kind, arns, mapping }: Entry, identity: Identity): boolean {
  if (kind === "sso-session") return identity.claims !== undefined || identity.sessionName === mapping.session;
  if (kind !== "pattern" && kind !== "deny") return true;
  const compared = kind === "deny" ? identityArns(identity) : [identity.canonicalArn];
  const isOfSession = kind === "deny" && identity.claims !== undefined;
  return isOfSession || arns.some((arn) => compared.some((one) => matchesSections(arn, arnSections(one))));
}

/** Whether the plan shows it: the entry of one principal, which is written, gives names that need no care. */
function isShown({ identity, at, parameter: deciding, user, baseline }: Excess, states: readonly State[]): boolean {
  const place = places.get(identity)?.find((one) => one.parameter === deciding)?.place;
  if (place !== "exact" && place !== "sso" && place !== "sso-session") return false;
  const texts = states.map((state) => state[deciding.slice(CONTEXT.prefix.length + 1)]);
  if (new Set(texts).size < 2) return false;
  const versions = texts.map((text) => mappingIn(text, identity.sessionName, at));
  const isDropped = versions.some((old, index) => {
    const next = versions[index + 1];
    const isOther = place === "exact" && /:federated-user\//.test(old?.arn ?? "") && old?.arn !== next?.arn;
    // A list may have two entries for one session: the first may stay.
    const isKept = texts[index + 1]?.includes(JSON.stringify(old)) ?? false;
    if (old === undefined || next === undefined || isOther || isKept) return false;
    return (
      (old.notAfter !== undefined && next.notAfter === undefined) ||
      (old.principalId !== undefined && next.principalId !== old.principalId)
    );
  });
  const last = versions.at(-1);
  if (isDropped || last === undefined) return false;
  const same = baseline.filter((one) => one?.username === user.username);
  const isNewName = same.length === 0;
  const gained = user.groups.filter((group) => !same.some((one) => one?.groups.includes(group)));
  const templates = (last.groups ?? []).filter((_, index) => gained.includes(user.groups[index] ?? ""));
  const names = [...(isNewName ? [user.username] : []), ...gained];
  const needsCare =
    names.some((name) => name.startsWith("system:") || name === "access:cluster-admin") ||
    templates.some((group) => group.includes("{")) ||
    (isNewName && claimPlaceholdersIn(last.username ?? "").length > 0);
  return !needsCare;
}

/** The mapping of the parameter, or of a session in it: if possible one that has not ended. */
function mappingIn(text: Text, session: string | undefined, at: number): Mapping | undefined {
  const parsed: unknown = text === undefined || text === "secure" ? undefined : parseJson(text);
  if (!Array.isArray(parsed)) return parsed as Mapping | undefined;
  const own = (parsed as readonly Mapping[]).filter((one) => one.session === session);
  return own.find(({ notAfter }) => !isExpired(notAfter, at)) ?? own[0];
}

function namedParameter(short: string, text: Text): [string, StoredParameter][] {
  const name = `${CONTEXT.prefix}/${short}`;
  const stored = parameter(name, text === "secure" ? "{" : text);
  return stored === undefined ? [] : [[name, stored]];
}

function changesTo(wanted: State, { values }: Store) {
  const shortNames = [...values.keys()].map((name) => name.slice(CONTEXT.prefix.length + 1));
  return [...new Set([...Object.keys(wanted), ...shortNames])].flatMap((short) => {
    const name = `${CONTEXT.prefix}/${short}`;
    // The command writes no SecureString.
    const value = wanted[short] === "secure" && values.get(name)?.text !== "secure" ? "{" : wanted[short];
    return value === values.get(name)?.text ? [] : [{ name, value }];
  });
}

function statesOf({ values }: Store) {
  return new Map(
    [...values].map(([name, { text, modified }]) => [
      name,
      { ...(parameter(name, text) ?? { value: "", secure: false }), modified },
    ]),
  );
}

function write({ values, past, now }: Store, name: string, text: Text): void {
  const old = values.get(name)?.text;
  past.set(name, [...(past.get(name) ?? []), { text: old, until: now }]);
  if (text === undefined) values.delete(name);
  else values.set(name, { text, modified: now });
}

/** Compares every mix of old and new values that functions may use now with each state before or after a command. */
async function findExcess(
  store: Store,
  { states, identities }: Run,
  context: EvaluationContext,
  isFinal: boolean,
  step: string,
) {
  const { values, past, now } = store;
  const excess: Excess[] = [];
  let mixes = 0;
  const possible = new Map<string, readonly (StoredParameter | undefined)[]>();
  for (const [name, all] of past) {
    const earlier = isFinal ? [] : all.filter(({ until }) => until + CACHED_MS > now).map(({ text }) => text);
    possible.set(
      name,
      [...new Set([values.get(name)?.text, ...earlier])].map((text) => parameter(name, text)),
    );
  }
  const choicesOf = (name: string) => getOr(possible, name, () => [parameter(name, values.get(name)?.text)]);
  const { reservedPrefixes: reserved } = context;
  const ends = (isFinal ? states.slice(0, -1) : states).map(
    (state) => (place: Candidate) =>
      parameter(place.parameter, state[place.parameter.slice(CONTEXT.prefix.length + 1)]),
  );
  for (const identity of identities) {
    const own = places.get(identity) ?? [];
    if (!own.some(({ parameter: name }) => past.has(name))) continue;
    for (const at of [now, ...LATER]) {
      const choices = own.map((place) =>
        distinct(choicesOf(place.parameter).map((one) => evaluate(place, one, identity, at))),
      );
      const all = product(choices);
      mixes += all.length;
      let known: (User | undefined)[] | undefined;
      for (const mix of all) {
        const user = await userWith(mix, identity, reserved);
        if (user === undefined) continue;
        if (known === undefined) {
          known = [];
          for (const end of ends) {
            const evaluations = own.map((place) => evaluate(place, end(place), identity, at));
            known.push(await userWith(evaluations, identity, reserved));
          }
        }
        if (known.some((other) => isWithin(user, other))) continue;
        const { parameter: deciding = "", verdict } = decidingEvaluation(mix) ?? {};
        const mapping = verdict?.kind === "match" ? verdict.mapping : undefined;
        excess.push({ identity, at, user, parameter: deciding, mapping, isFinal, step, baseline: known });
      }
    }
  }
  return { excess, mixes };
}

function distinct(evaluations: readonly Evaluation[]): readonly Evaluation[] {
  if (evaluations.length < 2) return evaluations;
  const keyOf = ({ verdict }: Evaluation) => (verdict.kind === "match" ? verdict.mapping : verdict.kind);
  return [...new Map(evaluations.map((one) => [keyOf(one), one])).values()];
}

function product<T>(choices: readonly (readonly T[])[]): readonly (readonly T[])[] {
  let all: readonly (readonly T[])[] = [[]];
  for (const some of choices)
    all =
      some.length === 1
        ? all.map((one) => [...one, ...some])
        : all.flatMap((one) => some.map((next) => [...one, next]));
  return all;
}

/** Leaves out identities that differ only in what the plan does not use. */
function identitiesFor({ states }: AnyPlan): readonly Identity[] {
  const text = JSON.stringify(states);
  const uses = (pattern: RegExp) => pattern.test(text);
  const [claims, pins, nodes] = [uses(/\{(?:Iden|Sour|Prin)/), uses(/principalId/), uses(/EC2/)];
  return UNIVERSE.filter(
    ({ claims: own, principalId, isNode }) =>
      (claims || own?.identityStoreUserId === undefined) &&
      (claims || own?.sourceIdentity === undefined) &&
      (claims || own?.principalTags["team"] === undefined) &&
      (pins || !principalId?.includes("PINNED")) &&
      (nodes || !isNode),
  );
}
