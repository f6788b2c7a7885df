// The roles of an account as `aws iam list-roles` prints them: which of them IAM Identity Center made of which set.

import { parseMappedArn } from "../../../functions/authenticator/mapping/arn.ts";
import { permissionSetOf } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { usage } from "../../errors.ts";
import { nameOf } from "../../terminal/files.ts";
import { parseDocuments } from "../../terminal/yaml.ts";

export interface KnownRole {
  readonly account: string;
  readonly permissionSet: string;
  /** Without the path `aws-reserved/sso.amazonaws.com/`, as aws-auth needs it. */
  readonly arn: string;
  readonly name: string;
}

/** `{"Roles": [{"Arn": ...}]}`, a list of such roles, or of ARNs. Roles that no permission set made are left out. */
export function readRoles(text: string, file: string): KnownRole[] {
  const roles = parseDocuments(text, file).flatMap(({ value }) => {
    const list = isObject(value) ? value["Roles"] : value;
    if (!Array.isArray(list)) throw usage(`--roles-from ${nameOf(file)}: it must be what aws iam list-roles prints.`);
    return list;
  });
  return roles.flatMap((role: unknown) => {
    const arn = isObject(role) ? role["Arn"] : role;
    const mapped = typeof arn === "string" ? parseMappedArn(arn) : undefined;
    if (typeof arn !== "string" || mapped?.kind !== "role") {
      throw usage(`--roles-from ${nameOf(file)}: ${JSON.stringify(role)} is not a role with an Arn.`);
    }
    const name = arn.slice(arn.lastIndexOf("/") + 1);
    const permissionSet = permissionSetOf(name);
    if (permissionSet === undefined) return [];
    const bare = `arn:${mapped.partition}:iam::${mapped.accountId}:role/${name}`;
    return [{ account: mapped.accountId, permissionSet, arn: bare, name }];
  });
}
