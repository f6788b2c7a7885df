// Formats a plan: as one line for each parameter, followed by its changes, or as data for programs.

import { isDeepStrictEqual } from "node:util";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { asciiLowerCase } from "../../functions/lib/text.ts";
import { shortName } from "../../functions/parameters/names.ts";
import { hangingIndent, listed } from "../io/print.ts";
import type { Run, Tone } from "../io/run.ts";
import type { PlacedEntry } from "../model/entry-arns.ts";
import type { ReviewSettings } from "../model/evaluation.ts";
import { MARKED, type Mark } from "../model/judgement.ts";
import { makesAdministrator, riskRank } from "../model/names.ts";
import { normal } from "../model/stored.ts";
import type { Change, Plan } from "./changes.ts";

const SIGN = { add: "+", change: "~", remove: "-" } as const;

const INDENT = "    ";

/** A judged plan of one cluster, as far as it is printed. */
export interface PlanToShow {
  readonly name: string;
  readonly plan: Plan;
  readonly marks: readonly Mark[];
  /** The warnings of each parameter, by its name. */
  readonly warnings: ReadonlyMap<string, readonly string[]>;
  /** A sentence about how a parameter is written, by its name. */
  readonly notes?: ReadonlyMap<string, string>;
  readonly destination: string;
  readonly connection: { readonly review: Pick<ReviewSettings, "prefix"> };
}

type Output = Pick<Run, "columns" | "print">;

/** Prints equal plans of several clusters once. */
export function printPlans(clusters: readonly PlanToShow[], { print, columns }: Output): void {
  const plans = clusters.map((cluster) => {
    const texts: Parameters<Output["print"]>[] = [];
    printPlan(cluster, {
      columns,
      print: (...text) => void texts.push(text),
    });
    return { ...cluster, texts };
  });
  for (const same of Map.groupBy(plans, ({ texts }) => JSON.stringify(texts)).values()) {
    const places = same.map(({ destination }) => destination).join("; ");
    const names = () => `${same.length} clusters: ${same.map(({ name }) => name).join(", ")}`;
    print(hangingIndent("", `Plan for ${same.length > MOST_NAMED ? names() : places}:`, columns));
    for (const text of same[0]?.texts ?? []) print(...text);
  }
}

/**
 * Prints the denials that each plan keeps, and that its files do not have. They need no decision, so
 * they are not part of the plan, of which the last lines ask for one.
 */
export function printKeptDenials(
  clusters: readonly Pick<PlanToShow, "name" | "plan">[],
  { print, columns }: Output,
): void {
  for (const { name, plan } of clusters) {
    const { keptDenials = [] } = plan;
    if (keptDenials.length === 0) continue;
    const where = clusters.length > 1 ? `${name}: ` : "";
    const what = keptDenials.length === 1 ? "denial" : "denials";
    const kept = notInFiles(keptDenials.length, what, "--prune-denials");
    print(hangingIndent("", `${where}${kept}: ${listed(keptDenials)}.`, columns));
  }
}

/** Prints one plan. Wraps its lines unless `columns` is `undefined`, as for a pipe. */
function printPlan({ plan, marks, warnings, notes, connection }: PlanToShow, run: Output): void {
  const { changes, unchanged, extra } = plan;
  const { prefix } = connection.review;
  const line = (head: string, text: string, tone?: Tone) =>
    run.print(hangingIndent(head, text, run.columns), tone);
  const kinds = [...Map.groupBy(byPerson(riskiestFirst(marks)), ({ kind }) => kind).values()];
  const shown = kinds.flatMap((ofKind) => ofKind.slice(0, MAX_MARKS));
  const byName = Map.groupBy(shown, ({ parameter }) => parameter);
  const marked = [...new Set(riskiestFirst(marks).map(({ parameter }) => parameter))];
  const position = ({ name }: Change) =>
    marked.includes(name) ? marked.indexOf(name) : marked.length;
  for (const change of changes.toSorted((a, b) => position(a) - position(b))) {
    const { name } = change;
    printChange(change, shortName(name, prefix), run);
    const note = notes?.get(name);
    if (note !== undefined) line(INDENT, note);
    for (const mark of byName.get(name) ?? []) line(`${INDENT}! `, mark.text, "weakened");
    for (const text of warnings.get(name) ?? []) line(`${INDENT}warning: `, text);
  }
  line("", summary(changes, unchanged, extra));
  if (marks.length === 0) return;
  const hidden = marks.length - shown.reduce((sum, { entries }) => sum + entries, 0);
  line(
    "! ",
    `Needs your consent: ${countMarks(marks)}${hidden ? ` (${hidden} more than shown)` : ""}.`,
    "weakened",
  );
}

/** A line with `!`, for one mark or for several. */
export interface MarkLine extends Mark {
  /** The number of marks. */
  readonly entries: number;
}

/** Joins the marks that lift the denials of one person. */
export function byPerson(marks: readonly Mark[]): MarkLine[] {
  const groups = Map.groupBy(marks, (mark) =>
    mark.person === undefined ? mark : asciiLowerCase(mark.person),
  );
  return [...groups.values()].flatMap((some): MarkLine[] => {
    const [first] = some;
    if (first === undefined) return [];
    const gives = new Map(
      some.flatMap((mark) => mark.gives).map((entry) => [`${entry.parameter} ${entry.key}`, entry]),
    );
    const isShort = some.length === 1 && gives.size < MANY_MAPPINGS;
    if (first.person === undefined || isShort) return some.map((mark) => ({ ...mark, entries: 1 }));
    return [{ ...first, text: allowed(first.person, [...gives.values()]), entries: some.length }];
  });
}

/** From this number on, the mappings that a person may log in by are counted. */
const MANY_MAPPINGS = 3;

function allowed(person: string, gives: readonly PlacedEntry[]): string {
  const sorted = gives.toSorted((a, b) => riskRank(a.mapping) - riskRank(b.mapping));
  const [riskiest] = sorted;
  if (riskiest === undefined) return `${person} is no longer denied; no stored mapping applies`;
  const admins = gives.filter(({ mapping }) => makesAdministrator(mapping)).length;
  const ofAdmins = admins === 0 ? "" : `, ${admins} of an administrator`;
  const mappings = gives.length === 1 ? "1 mapping" : `${gives.length} mappings`;
  const { username = "their own ARN", groups = [] } = riskiest.mapping;
  const user = groups.length === 0 ? username : `${username} (${groups.join(", ")})`;
  return `${person} may log in again by ${mappings}${ofAdmins}, such as ${user}`;
}

/** Whether the text of a mark names the users and groups that it gives. */
const NAMES_WHAT_IT_GIVES: Readonly<Record<Mark["kind"], boolean>> = {
  administrator: true,
  known: true,
  name: true,
  wide: true,
  denied: true,
  unsettled: true,
  broader: true,
  end: false,
  pin: false,
  place: true,
  denial: true,
  invalid: true,
  unread: false,
  server: true,
};

/**
 * Returns the marks, those with a name of Kubernetes or an administrators' group first: a long list
 * must not hide them.
 */
export function riskiestFirst(marks: readonly Mark[]): Mark[] {
  const isRisky = ({ kind, gives }: Mark) =>
    NAMES_WHAT_IT_GIVES[kind] && gives.some(({ mapping }) => riskRank(mapping) < 2);
  return [...marks.filter(isRisky), ...marks.filter((mark) => !isRisky(mark))];
}

/**
 * Prints how the second of two clusters differs from the first. The names of the changes have no
 * prefix.
 */
export function printDifferences(
  { changes, unchanged }: Plan,
  from: string,
  to: string,
  run: Output,
): void {
  const count = counter(changes);
  run.print(hangingIndent("", `From ${from}, to ${to}:`, run.columns));
  for (const change of changes) printChange(change, change.name, run);
  const counts = `${count("remove")} only in the first, ${count("add")} only in the second, ${count("change")} different, ${unchanged} equal.`;
  run.print(hangingIndent("", counts, run.columns));
}

const TONE = { add: "added", change: "changed", remove: "removed" } as const;

function printChange(change: Change, name: string, run: Output): void {
  const tone = TONE[change.action];
  run.print(`${SIGN[change.action]} ${name}\n`, tone);
  for (const detail of details(change)) {
    const line = detail.entry === undefined ? detail.text : `${SIGN[detail.entry]} ${detail.text}`;
    const ofEntry = detail.entry && TONE[detail.entry];
    run.print(
      hangingIndent(INDENT, line, run.columns),
      change.action === "change" ? ofEntry : tone,
    );
  }
}

/** A plan that more clusters share is printed with their names only, without their places. */
export const MOST_NAMED = 10;

/** The number of marks of each kind that a plan prints. */
const MAX_MARKS = 10;

/** Returns a phrase with the number of marks of each kind. */
export function countMarks(marks: readonly Mark[]): string {
  const kinds = Map.groupBy(marks, ({ kind }) => kind);
  const counts = Object.entries(MARKED).flatMap(([kind, [singular, plural]]) => {
    const { length } = kinds.get(kind as Mark["kind"]) ?? [];
    return length === 0 ? [] : `${length} ${length === 1 ? singular : plural}`;
  });
  return counts.join(", ");
}

function summary(changes: readonly Change[], unchanged: number, extra: readonly string[]): string {
  const count = counter(changes);
  const counts = `${count("add")} to add, ${count("change")} to change, ${count("remove")} to remove, ${unchanged} unchanged`;
  const kept = extra.length === 0 ? "" : ` (${notInFiles(extra.length, "more", "--prune")})`;
  return `${counts}${kept}.`;
}

function notInFiles(count: number, what: string, option: string): string {
  const [verb, them] = count === 1 ? ["is", "it"] : ["are", "them"];
  return `${count} ${what} ${verb} not in the files and ${verb} kept; ${option} removes ${them}`;
}

function counter(changes: readonly Change[]): (action: Change["action"]) => number {
  return (action) => changes.filter((change) => change.action === action).length;
}

/** A line about a change. */
interface Detail {
  readonly text: string;
  /** What happens to the entry of a changed list that the line is about. */
  readonly entry?: "add" | "remove";
}

function details({ action, before, value, shown }: Change): Detail[] {
  if (shown !== undefined) return [{ text: shown }];
  const after = value === undefined ? undefined : parseJson(value);
  if (action === "add") return itemDetails(after);
  const was = before === undefined ? undefined : (parseJson(before.value) ?? before.value);
  // The removal deletes the history: this output is the last copy of the value.
  if (action === "remove") return itemDetails(was);
  if (isObject(was) && isObject(after)) return keyChanges(was, after);
  const old = asList(was);
  const now = asList(after);
  const isIn = (list: readonly unknown[], item: unknown) =>
    list.some((other) => isDeepStrictEqual(other, item));
  const removed = old.filter((item) => !isIn(now, item));
  const added = now.filter((item) => !isIn(old, item));
  const entries = [...itemDetails(removed, "remove"), ...itemDetails(added, "add")];
  // The first matching pattern applies, so a new order is a change too.
  return entries.length === 0
    ? [...itemDetails(old, "remove"), ...itemDetails(now, "add")]
    : entries;
}

function keyChanges(was: Record<string, unknown>, is: Record<string, unknown>): Detail[] {
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys]
    .filter((key) => !isDeepStrictEqual(was[key], is[key]))
    .map((key) => ({ text: `${key}: ${show(was[key])} -> ${show(is[key])}` }));
}

function itemDetails(value: unknown, entry?: Detail["entry"]): Detail[] {
  return asList(value).map((item) => ({ text: inWords(item), ...(entry && { entry }) }));
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Returns a mapping or caller in one line, and any other value unchanged. */
function inWords(item: unknown): string {
  if (!isObject(item)) return show(item);
  const { arn, arnLike, username, groups, ...others } = item;
  // The name of a mapping's parameter contains its principal. Callers share one parameter.
  const rest = others["name"] === undefined || arn === undefined ? others : { ...others, arn };
  const words = [
    ...(arnLike === undefined ? [] : [show(arnLike)]),
    ...(username === undefined ? [] : [show(username)]),
    ...(groups === undefined ? [] : [`(${show(groups)})`]),
    ...Object.entries(rest).map(([key, value]) => `${key}: ${show(value)}`),
  ];
  if (words.length > 0) return words.join(" ");
  // Only an account's mapping may lack a username.
  return item["arn"] === undefined ? "every identity, with its ARN as the username" : "no username";
}

function show(value: unknown): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return value.join(", ") || "none";
  return JSON.stringify(value);
}

/**
 * Returns the plan as data for programs. Values are parsed JSON where they are valid. `marks` are
 * the lines with `!`.
 */
export function planData({
  plan,
  marks,
  warnings,
  destination,
  connection,
}: Omit<PlanToShow, "name" | "notes">) {
  const { changes, unchanged, extra, keptDenials = [] } = plan;
  const { prefix } = connection.review;
  return {
    destination,
    changes: changes.map(({ action, name, before, value }) => ({
      action,
      name: shortName(name, prefix),
      ...(before !== undefined && { before: normal(before.value) }),
      ...(value !== undefined && { after: normal(value) }),
      marks: marks.flatMap(({ parameter, text }) => (parameter === name ? text : [])),
      warnings: warnings.get(name) ?? [],
    })),
    unchanged,
    notInFiles: extra.map((name) => shortName(name, prefix)),
    ...(keptDenials.length > 0 && { keptDenials }),
  };
}
