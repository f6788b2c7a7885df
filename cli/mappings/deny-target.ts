// From what a command line names to the ARN pattern of a denial.

import { denyParameter } from "../../functions/authenticator/mapping/parameter-name.ts";
import type { Connection } from "../aws/connection.ts";
import { usage } from "../errors.ts";
import { accountOf } from "./file/entry.ts";
import { checkAccount, findTarget } from "./target.ts";

export interface DenyTarget {
  /** The deny list that the denial belongs in. */
  readonly parameter: string;
  readonly arnLike: string;
}

export const DENY_HELP = `<who> is an ARN, an ARN pattern with * or ?, or one of
  sso/<account>/<permission set>   account/<account>
  role/<account>/<name>   user/<account>/<name>   root/<account>`;

/** Throws if it names nobody, or somebody of another account than --account. */
export function findDenyTarget(
  { context, account }: Pick<Connection, "context" | "account">,
  who: string,
  session: string | undefined,
): DenyTarget {
  const arn = who.startsWith("arn:") ? who : arnOf(who, context);
  const arnLike = session === undefined ? arn : sessionArn(arn, session, who);
  const list = accountOf(arnLike);
  checkAccount(account, { account: list }, arnLike);
  return { parameter: denyParameter(context.prefix, list), arnLike };
}

function arnOf(who: string, context: Connection["context"]): string {
  const { kind, account, name } = findTarget({ context }, who).address;
  const start = `arn:${context.partition}`;
  switch (kind) {
    case "role":
    case "user":
      return `${start}:iam::${account}:${kind}/${name}`;
    case "root":
      return `${start}:iam::${account}:root`;
    case "federated-user":
      return `${start}:sts::${account}:federated-user/${name}`;
    case "sso":
      // AWS alone knows the end of the role's name.
      return `${start}:iam::${account}:role/AWSReservedSSO_${name}_${"?".repeat(16)}`;
    case "account":
      return `${start}:*::${account}:*`;
    case "pattern":
    case "sso-session":
    case "deny":
      throw usage(`${who} is a list: name who is denied.`, ...DENY_HELP.split("\n"));
  }
}

function sessionArn(arn: string, session: string, who: string): string {
  const [, partition, account, role] = /^arn:([^:]+):iam::([^:]+):role\/(?:.*\/)?([^/]+)$/i.exec(arn) ?? [];
  if (role === undefined) throw usage(`--session is for a role or a permission set, and ${who} is neither.`);
  return `arn:${partition}:sts::${account}:assumed-role/${role}/${session}`;
}
