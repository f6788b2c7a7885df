// Which mapping a command means: by ARN, by ARN pattern, or by the parameter's name below the prefix.

import type { MappingKind } from "../../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../../aws/connection.ts";
import { usage } from "../../errors.ts";
import { type Entry, readEntry } from "../../mapping-file/entry.ts";
import { readName } from "../../mapping-file/parameter-name.ts";

export interface Target {
  readonly parameter: string;
  readonly place: Omit<Entry, "mapping">;
  /** What its value says of whom it is for. */
  readonly key: { readonly arn?: string; readonly arnLike?: string };
}

export const TARGET_HELP = `<who> is an ARN, an ARN pattern with * or ?, or one of
  sso/<account>/<permission set>   account/<account>   pattern/<account or any>
  role/<account>/<name>   user/<account>/<name>   or a whole parameter name.`;

const NAMED = /^(role|user|federated-user|sso)\/(\d{12})\/(.+)$/;

/** Throws where it is nothing of the kind, or of another account than --account. */
export function findTarget(
  { context: { prefix }, account }: Pick<Connection, "context" | "account">,
  who: string,
): Target {
  const target = targetOf(prefix, who);
  checkAccount(account, target.place, target.parameter);
  return target;
}

/** With --account, nothing else is touched: who gives it is often allowed no more. */
export function checkAccount(account: string | undefined, place: Omit<Entry, "mapping">, what: string): void {
  if (account === undefined || place.account === account) return;
  const of = place.account === "any" ? "for any account" : `of account ${place.account}`;
  throw usage(`${what} is ${of}, not of --account ${account}.`);
}

function targetOf(prefix: string, who: string): Target {
  if (who.startsWith("arn:")) return ofArn(prefix, who);
  const parameter = who.startsWith("/") ? who : `${prefix}/${who}`;
  const place = readName(prefix, parameter);
  if (place !== undefined) return { parameter, place, key: {} };
  const [, kind, account, name] = NAMED.exec(who) ?? [];
  if (kind === undefined || account === undefined || name === undefined) {
    throw usage(`${who || "That"} is no ARN and no parameter of a mapping.\n${TARGET_HELP}`);
  }
  const encoded = mappingParameter(prefix, kind as MappingKind, account, name);
  return { parameter: encoded, place: { kind: kind as MappingKind, account, name }, key: {} };
}

function ofArn(prefix: string, arn: string): Target {
  const key = /[*?]/.test(arn) ? { arnLike: arn } : { arn };
  // With any value that is valid: only the place is of interest.
  const entry = readEntry({ ...key, username: "any" });
  if ("problem" in entry) throw usage(`${arn}: ${entry.problem}.`);
  const { kind, account, name } = entry;
  return { parameter: mappingParameter(prefix, kind, account, name), place: { kind, account, name }, key };
}
