// The operations of IAM: GetInstanceProfile, for nodes, and the lists of the roles and users of the
// local identities.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html

import { iamArn, LOCAL_PRINCIPALS } from "../identities.ts";
import { ServiceError } from "./http-server.ts";
import type { XmlNode } from "./protocols.ts";

const CREATED = "2026-01-01T00:00:00Z";

type Kind = "Role" | "User";

function renderPrincipal(kind: Kind, arn: string, id: string): XmlNode {
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  return {
    Path: pathOf(arn),
    [`${kind}Name`]: name,
    [`${kind}Id`]: id,
    Arn: arn,
    CreateDate: CREATED,
  };
}

export interface InstanceProfile {
  name: string;
  arn: string;
  /** Only callers in this account find the profile. */
  account: string;
  /** A list as in the API; IAM allows at most one. */
  roles: { roleName: string; roleId: string; arn: string }[];
}

/** Finds the profile by name in the caller's `account`. */
export function getInstanceProfile(
  profiles: readonly InstanceProfile[],
  account: string,
  form: URLSearchParams,
): XmlNode {
  const name = form.get("InstanceProfileName") ?? "";
  if (!/^[\w+=,.@-]{1,128}$/.test(name)) {
    throw new ServiceError(
      "ValidationError",
      "The specified value for instanceProfileName is invalid. It must contain only alphanumeric characters and/or the " +
        "following: +=,.@_-",
    );
  }
  const profile = profiles.find((known) => known.name === name && known.account === account);
  if (profile === undefined) {
    throw new ServiceError("NoSuchEntity", `Instance Profile ${name} cannot be found.`, 404);
  }
  return {
    InstanceProfile: {
      Path: pathOf(profile.arn),
      InstanceProfileName: profile.name,
      InstanceProfileId: "AIPAEXAMPLEEXAMPLE123",
      Arn: profile.arn,
      CreateDate: CREATED,
      Roles: {
        member: profile.roles.map(({ arn, roleId }) => renderPrincipal("Role", arn, roleId)),
      },
    },
  };
}

/** Returns the path, for example `/team/` for `arn:aws:iam::111122223333:role/team/nodes`. */
function pathOf(arn: string): string {
  return arn.slice(arn.indexOf("/"), arn.lastIndexOf("/") + 1);
}

/** Each ARN of a role or user has its id, which is `AROA` or `AIDA` and 17 more characters. */
export type IamPrincipals = ReadonlyMap<string, string>;

/** Returns the principals of `account` on one page. */
export function listPrincipals(
  kind: Kind,
  principals: IamPrincipals,
  account: string,
  form: URLSearchParams,
): XmlNode {
  // Ignoring other members, such as PathPrefix, would return a wrong result.
  const other = [...form.keys()].find((name) => !["Action", "Version", "MaxItems"].includes(name));
  if (other !== undefined)
    throw new ServiceError("ValidationError", `The sandbox does not support ${other}.`);
  const start = `arn:aws:iam::${account}:${kind.toLowerCase()}/`;
  const found = [...principals].filter(([arn]) => arn.startsWith(start));
  return {
    IsTruncated: "false",
    [`${kind}s`]: { member: found.map(([arn, id]) => renderPrincipal(kind, arn, id)) },
  };
}

/**
 * Returns the roles and users whose keys the sandbox has. `region` is that of IAM Identity Center.
 */
export function principalsOfIdentities(region: string): IamPrincipals {
  const ids = LOCAL_PRINCIPALS.map(
    (principal) => [iamArn(principal, `${region}/`) ?? "", principal.userId] as const,
  );
  return new Map(ids.map(([arn, userId]) => [arn, userId.split(":", 1).join()]));
}
