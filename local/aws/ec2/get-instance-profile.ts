// Implements iam:GetInstanceProfile.
// Source: docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html

import { ServiceError } from "../service-error.ts";
import type { XmlNode } from "../xml.ts";

export interface InstanceProfile {
  name: string;
  arn: string;
  /** Only callers in this account find the profile. */
  account: string;
  /** A list as in the API; IAM allows at most one. */
  roles: { roleName: string; roleId: string; arn: string }[];
}

const CREATED = "2026-01-01T00:00:00Z";

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
      Roles: { member: profile.roles.map(renderRole) },
    },
  };
}

function renderRole({ roleName, roleId, arn }: InstanceProfile["roles"][number]): XmlNode {
  return { Path: pathOf(arn), RoleName: roleName, RoleId: roleId, Arn: arn, CreateDate: CREATED };
}

/** For example `/team/` for `arn:aws:iam::111122223333:role/team/nodes`. */
function pathOf(arn: string): string {
  return arn.slice(arn.indexOf("/"), arn.lastIndexOf("/") + 1);
}
