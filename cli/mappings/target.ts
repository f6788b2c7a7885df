// Which mapping a command is about: by ARN, by ARN pattern, or by the parameter's name below the prefix.

import type { MappingKind } from "../../functions/authenticator/mapping/mapping.ts";
import { mappingParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import { type ParameterAddress, readName } from "../../functions/authenticator/mapping/read-name.ts";
import type { Connection } from "../aws/connection.ts";
import { usage } from "../errors.ts";
import { PERMISSION_SET, readEntry } from "./file/entry.ts";
import type { EntryKey } from "./file/list-value.ts";

export interface Target {
  readonly parameter: string;
  readonly address: ParameterAddress;
  /** What its value says about who it is for. */
  readonly key: { readonly arn?: string } & EntryKey;
}

export const TARGET_HELP = `<who> is an ARN, an ARN pattern with * or ?, or one of
  sso/<account>/<permission set>   account/<account>   pattern/<account or any>
  role/<account>/<name>   user/<account>/<name>   deny/<account or any>
  sso-session/<account>/<permission set>
  or a whole parameter name.`;

const NAMED = /^(role|user|federated-user|sso|sso-session)\/(\d{12})\/(.+)$/;

/** Throws where it names no mapping, or one of another account than --account. `session`: of the option --session. */
export function findTarget(
  { context: { prefix }, account }: Pick<Connection, "context" | "account">,
  who: string,
  session?: string,
): Target {
  const found = targetOf(prefix, who);
  const target = session === undefined ? found : ofSession(prefix, found.address, who, session);
  checkAccount(account, target.address, target.parameter);
  return target;
}

/** With --account, nothing else is touched: those who give it often have no other permission. */
export function checkAccount(account: string | undefined, address: { readonly account: string }, what: string): void {
  if (account === undefined || address.account === account) return;
  const of = address.account === "any" ? "for any account" : `of account ${address.account}`;
  throw usage(`${what} is ${of}, not of --account ${account}.`);
}

function ofSession(prefix: string, { kind, account, name }: ParameterAddress, who: string, session: string): Target {
  if (kind !== "sso" && kind !== "sso-session") {
    throw usage(
      `--session is for a permission set (sso/<account>/<permission set>), not ${who}. Only IAM Identity Center sets the ` +
        "session name itself. Anyone who assumes another role chooses it.",
    );
  }
  const parameter = mappingParameter(prefix, "sso-session", account, name);
  return { parameter, address: { kind: "sso-session", account, name }, key: { session } };
}

function targetOf(prefix: string, who: string): Target {
  if (who.startsWith("arn:")) return ofArn(prefix, who);
  const parameter = who.startsWith("/") ? who : `${prefix}/${who}`;
  const address = readName(prefix, parameter);
  if (address !== undefined) return { parameter, address, key: {} };
  const [, kind, account, name] = NAMED.exec(who) ?? [];
  if (kind === undefined || account === undefined || name === undefined) {
    const problem = who === "" ? "<who> must not be empty." : `${who} is not the name of a mapping.`;
    throw usage(problem, ...TARGET_HELP.split("\n"));
  }
  if (kind.startsWith("sso") && !PERMISSION_SET.test(name)) {
    throw usage(
      `${name} is not the name of a permission set.${name.includes("/") ? " Name a session by --session." : ""}`,
    );
  }
  const encoded = mappingParameter(prefix, kind as MappingKind, account, name);
  return { parameter: encoded, address: { kind: kind as MappingKind, account, name }, key: {} };
}

function ofArn(prefix: string, arn: string): Target {
  const key = /[*?]/.test(arn) ? { arnLike: arn } : { arn };
  // With any value that is valid: only the place is of interest.
  const entry = readEntry({ ...key, username: "any" });
  if ("problem" in entry) throw usage(`${arn}: ${entry.problem}.`);
  const { kind, account, name } = entry;
  return { parameter: mappingParameter(prefix, kind, account, name), address: { kind, account, name }, key };
}
