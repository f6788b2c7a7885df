// The operations of IAM that list the roles and users of the local identities.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html

import { LOCAL_PRINCIPALS } from "../identities.ts";
import { ServiceError } from "./http-server.ts";
import type { XmlNode } from "./protocols.ts";

/** A role or user in `account`. Only callers of this account find it. */
export interface IamPrincipal {
  readonly kind: "Role" | "User";
  readonly account: string;
  readonly name: string;
  /** Default `/`. */
  readonly path?: string;
  /** Such as `AROA` and 17 more characters. */
  readonly id: string;
}

const CREATED = "2026-01-01T00:00:00Z";

/** Returns all on one page, which the lists of a sandbox fit into. */
export function listPrincipals(
  kind: IamPrincipal["kind"],
  principals: readonly IamPrincipal[],
  account: string,
  form: URLSearchParams,
): XmlNode {
  // Ignoring other members, such as PathPrefix, would return a wrong result.
  const other = [...form.keys()].find((name) => !["Action", "Version", "MaxItems"].includes(name));
  if (other !== undefined) throw new ServiceError("ValidationError", `The sandbox does not support ${other}.`);
  const found = principals.filter((principal) => principal.kind === kind && principal.account === account);
  const member = found.map(({ name, path = "/", id }) => ({
    Path: path,
    [`${kind}Name`]: name,
    [`${kind}Id`]: id,
    Arn: `arn:aws:iam::${account}:${kind.toLowerCase()}${path}${name}`,
    CreateDate: CREATED,
  }));
  return { IsTruncated: "false", [`${kind}s`]: { member } };
}

/** The roles and users whose keys the sandbox has. Sessions of one role are one role. */
export function principalsOfIdentities(region: string): readonly IamPrincipal[] {
  const byArn = new Map(LOCAL_PRINCIPALS.map((each) => [each.arn.replace(/(?<=:assumed-role\/[^/]+)\/.*/, ""), each]));
  return [...byArn].flatMap(([arn, { account, userId }]): IamPrincipal[] => {
    const [, kind, path, name] = /:(user|assumed-role)(\/(?:.*\/)?)([^/]+)$/.exec(arn) ?? [];
    if (path === undefined || name === undefined) return [];
    const id = userId.split(":")[0] ?? userId;
    if (kind === "user") return [{ kind: "User", account, name, path, id }];
    const isSet = name.startsWith("AWSReservedSSO_");
    return [{ kind: "Role", account, name, id, ...(isSet && { path: `/aws-reserved/sso.amazonaws.com/${region}/` }) }];
  });
}
