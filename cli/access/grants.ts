// Judges mappings that are added, last longer or have other names.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { shortName } from "../function-settings.ts";
import { type Entry, isActive, mayHave } from "./entries.ts";
import type { EntryChange } from "./entry-changes.ts";
import { type Mark, place, subject, userText } from "./marks.ts";
import { ADMIN_GROUPS, groupsBeyond, isPlain, nameRisk } from "./names.ts";
import { mayDeny, overlaps } from "./overlap.ts";
import { type PlanState, valuesOf } from "./plan-state.ts";
import { denyListsFor, higherThan, isOfOnePrincipal } from "./precedence.ts";

type Names = Pick<Mapping, "username" | "groups">;

/** The names that an entry newly gives; `undefined` unless it is added, lasts longer, or has other names. */
export function newNames({ old, new: entry }: EntryChange, { context }: PlanState): Names | undefined {
  if (entry === undefined || !isActive(entry, context)) return undefined;
  const { username } = entry.mapping;
  const isNew =
    old === undefined ||
    !isActive(old, context) ||
    entry.end > old.end ||
    username !== old.mapping.username ||
    dropsPin(old, entry) ||
    groupsBeyond(old.mapping, entry.mapping).some((group) => !isPlain(group, context));
  if (isNew) return entry.mapping;
  const gained = groupsBeyond(entry.mapping, old.mapping);
  return gained.length === 0 ? undefined : { groups: gained };
}

function dropsPin({ mapping: { principalId } }: Entry, { mapping }: Entry): boolean {
  return principalId !== undefined && mapping.principalId !== principalId;
}

export function grantMarks(step: EntryChange, state: PlanState): Mark[] {
  const names = newNames(step, state);
  const { old, new: entry } = step;
  if (entry === undefined) return [];
  const { prefix } = state.context;
  const [who, where] = [subject(entry), place(entry, prefix)];
  const mark = (kind: Mark["kind"], text: string): Mark => {
    return { parameter: entry.parameter, entry, kind, gives: [entry], text };
  };
  if (!isOfOnePrincipal(entry)) {
    return names === undefined
      ? []
      : [mark("wide", `${where} gives ${userText(entry)} to every identity that it matches`)];
  }
  const limits: Mark[] = [];
  if (old !== undefined && old.end < Number.POSITIVE_INFINITY && entry.end === Number.POSITIVE_INFINITY) {
    limits.push(mark("end", `${who} is mapped by ${where} without its end ${old.mapping.notAfter}`));
  }
  if (old !== undefined && dropsPin(old, entry)) {
    limits.push(mark("pin", `${who} is mapped by ${where} without its principalId ${old.mapping.principalId}`));
  }
  const reason = names && (riskOf(names, entry, state) ?? blockerOf(entry, state));
  return reason === undefined
    ? limits
    : [...limits, mark(reason.kind, `${who} gets ${userText(entry)} by ${where}: ${reason.text}`)];
}

type Reason = Pick<Mark, "kind" | "text">;

function riskOf({ username, groups = [] }: Names, entry: Entry, state: PlanState): Reason | undefined {
  const own = groups.filter((group) => !setGives(group, entry, state));
  const admin = own.filter((group) => ADMIN_GROUPS.includes(group));
  if (admin.length > 0) return { kind: "administrator", text: `${admin.join(", ")} makes an administrator` };
  for (const name of [...own, ...(username === undefined ? [] : [username])]) {
    const isOpen = own.includes(name) && name.includes("{");
    const risk = nameRisk(name) ?? (isOpen ? "is a group that depends on the session" : undefined);
    if (risk !== undefined) return { kind: "name", text: `${name} ${risk}` };
  }
  return undefined;
}

/** Whether a session has the group by its set's mapping too, for as long. */
function setGives(group: string, { kind, account, name, mapping, end }: Entry, state: PlanState): boolean {
  if (kind !== "sso-session") return false;
  const { context } = state;
  return valuesOf(state, mappingParameter(context.prefix, "sso", account, name)).every(({ entries: [set] }) => {
    if (set === undefined || set.end < end || set.mapping.username !== mapping.username) return false;
    const { groups = [] } = set.mapping;
    return groups.includes(group) && groups.every((one) => isPlain(one, context));
  });
}

/** A denial of the principal, or a parameter that takes precedence and is invalid or will change. */
function blockerOf(entry: Entry, state: PlanState): Reason | undefined {
  const { context, wanted } = state;
  const short = (name: string) => shortName(name, context.prefix);
  const find = (names: readonly string[], isNow: (one: Entry) => boolean) =>
    names.find((name) => {
      const isIt = (one: Entry) => (wanted.has(name) ? overlaps(one, entry) : isNow(one));
      return valuesOf(state, name).some((value) => mayHave(value, context, isIt));
    });
  const list = find(denyListsFor(entry, context), (denial) => mayDeny(denial, entry));
  if (list !== undefined) return { kind: "denied", text: `${short(list)} may deny it` };
  const other = find(higherThan(entry, state), () => false);
  return other === undefined
    ? undefined
    : { kind: "unsettled", text: `${short(other)} takes precedence, and changes or is invalid` };
}
