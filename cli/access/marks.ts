// Describes a change that is not harmless: one sentence about stored entries, for the plan.

import { shortName } from "../function-settings.ts";
import type { Entry } from "./entries.ts";
import { makesAdministrator } from "./names.ts";

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
  /** A sentence without period that starts with an entry. */
  readonly text: string;
}

/** The principal in a sentence: a name, a pattern without its account, or the session of a set. */
export function subject({ kind, account, name, mapping: { arn, arnLike, session } }: Entry): string {
  if (arn !== undefined) return kind === "root" ? `root of ${account}` : arn.slice(arn.lastIndexOf("/") + 1);
  if (arnLike !== undefined) return account === "any" ? arnLike : arnLike.split(":").slice(5).join(":");
  if (kind === "account") return `account ${account}`;
  return session === undefined ? name : `session ${session} of ${name}`;
}

/** The parameter, with the pattern or session if it is a list. */
export function place(entry: Entry, prefix: string): string {
  const { parameter, mapping } = entry;
  const where = shortName(parameter, prefix);
  if (mapping.arnLike !== undefined) return `${where} ${subject(entry)}`;
  return mapping.session === undefined ? where : `${where} ${mapping.session}`;
}

const MAX_NAMED = 5;

/** What may apply instead, administrators first, since the user consents to this text. */
export function alternatives(entries: readonly Entry[], prefix: string): string {
  const isAdministrator = ({ mapping }: Entry) => makesAdministrator(mapping);
  const sorted = [...entries.filter(isAdministrator), ...entries.filter((one) => !isAdministrator(one))];
  const texts = sorted.slice(0, MAX_NAMED).map((one) => `${place(one, prefix)} applies and gives ${userText(one)}`);
  const more = sorted.length - texts.length;
  return [...texts, ...(more > 0 ? [`one of ${more} more applies`] : [])].join(", or ");
}

export function userText({ mapping: { username = "their own ARN", groups = [] } }: Entry): string {
  return groups.length === 0 ? username : `${username} (${groups.join(", ")})`;
}
