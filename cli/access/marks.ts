// Describes a change that is not harmless: one sentence about stored entries, for the plan.

import { type EvaluationContext, shortName } from "../function-settings.ts";
import { type Entry, isActive, type Value } from "./entries.ts";
import { makesAdministrator, mayBeginWithSystem } from "./names.ts";
import { overlaps } from "./overlap.ts";

/** The kinds, with how a plan counts them. */
export const MARKED = {
  administrator: ["new administrator", "new administrators"],
  name: ["name that needs care", "names that need care"],
  wide: ["grant to more than one principal", "grants to more than one principal"],
  denied: ["grant to a denied principal", "grants to denied principals"],
  unsettled: ["grant below a mapping that changes", "grants below mappings that change"],
  broader: ["principal with a broader mapping", "principals with a broader mapping"],
  end: ["end dropped", "ends dropped"],
  pin: ["pin dropped", "pins dropped"],
  place: ["pattern with another place", "patterns with another place"],
  denial: ["denial lifted", "denials lifted"],
  invalid: ["invalid value changed", "invalid values changed"],
  unread: ["effect unknown", "effects unknown"],
} as const;

export interface Mark {
  /** Name of the parameter that is written. */
  readonly parameter: string;
  /** Before or after the change; `undefined` for an invalid value. */
  readonly entry?: Entry;
  readonly kind: keyof typeof MARKED;
  /** The entries that may give access after the write: the user consents to these. */
  readonly gives: readonly Entry[];
  /** A sentence without period that starts with an entry. */
  readonly text: string;
}

/** The principal in a sentence: a name, a pattern without its account, or the session of a set. */
export function subject({ kind, account, name, mapping: { arn, arnLike, session } }: Entry): string {
  if (arn !== undefined) return kind === "root" ? `root of ${account}` : arn.slice(arn.lastIndexOf("/") + 1);
  if (arnLike !== undefined) return account === "any" ? arnLike : arnLike.split(":").slice(5).join(":");
  return session === undefined ? name : `session ${session} of ${name}`;
}

/** The parameter, with the pattern or session if it is a list. */
export function place(entry: Entry, prefix: string): string {
  const { parameter, mapping } = entry;
  const where = shortName(parameter, prefix);
  if (mapping.arnLike !== undefined) return `${where} ${subject(entry)}`;
  return mapping.session === undefined ? where : `${where} ${mapping.session}`;
}

/** The active mappings in these values that may apply to an identity of `scope`, the riskiest first. */
export function mayApply(scope: Entry, values: readonly Value[], context: EvaluationContext): readonly Entry[] {
  const found = new Map<string, Entry>();
  for (const one of values.flatMap(({ entries }) => entries)) {
    if (one.kind === "deny" || !isActive(one, context) || !overlaps(one, scope)) continue;
    found.set([one.parameter, one.key, userText(one)].join("\n"), one);
  }
  return [...found.values()].sort((a, b) => riskOf(a) - riskOf(b));
}

/** 0 for an administrator, 1 for a name that Kubernetes reserves, 2 for any other name. */
function riskOf({ mapping }: Entry): number {
  if (makesAdministrator(mapping)) return 0;
  return [mapping.username ?? "", ...(mapping.groups ?? [])].some(mayBeginWithSystem) ? 1 : 2;
}

const [WITH_PLACE, WITH_NAMES] = [5, 10];

/** What may apply instead: the user consents to this text. */
export function alternatives(entries: readonly Entry[], prefix: string): string {
  const texts = entries.slice(0, WITH_PLACE).map((one) => `${place(one, prefix)} applies and gives ${userText(one)}`);
  const names = [...new Set(entries.slice(WITH_PLACE).map(userText))];
  const shown = names.slice(0, WITH_NAMES);
  const [riskiest, ...others] = names.slice(WITH_NAMES);
  if (riskiest !== undefined)
    shown.push(others.length === 0 ? riskiest : `one of ${others.length + 1} more, such as ${riskiest}`);
  if (shown.length > 0) texts.push(`another mapping applies and gives ${shown.join(", or ")}`);
  return texts.join(", or ");
}

/** Whether the user accepted a mark for this entry that gives the same names, among others. */
export function hasConsent(mark: Mark, accepted: readonly Mark[]): boolean {
  const own = accepted.filter((one) => one.parameter === mark.parameter && one.entry?.key === mark.entry?.key);
  const names = new Set(own.flatMap(({ gives }) => gives.map(userText)));
  return own.length > 0 && mark.gives.every((one) => names.has(userText(one)));
}

export function userText({ mapping: { username = "their own ARN", groups = [] } }: Entry): string {
  return groups.length === 0 ? username : `${username} (${groups.join(", ")})`;
}
