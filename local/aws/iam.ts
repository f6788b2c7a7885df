// The operations of IAM: GetInstanceProfile, for nodes; the roles, users and access keys of the local
// identities; and the issuer of AWS-signed tokens.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetInstanceProfile.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html

import { iamArn, LOCAL_PRINCIPALS, type LocalIdentity } from "../identities.ts";
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

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html */
export function getRole(
  principals: IamPrincipals,
  account: string,
  form: URLSearchParams,
): XmlNode {
  const name = form.get("RoleName") ?? "";
  const start = `arn:aws:iam::${account}:role/`;
  const found = [...principals].find(([arn]) => arn.startsWith(start) && arn.endsWith(`/${name}`));
  if (found === undefined)
    throw new ServiceError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
  return { Role: renderPrincipal("Role", ...found) };
}

/**
 * Returns the keys of a user in `account`. Without a name, those of the caller would be meant, which
 * this does not support.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html
 */
export function listAccessKeys(
  identities: readonly LocalIdentity[],
  account: string,
  form: URLSearchParams,
): XmlNode {
  const name = form.get("UserName") ?? "";
  const keys = keysOf(identities, account, name);
  if (keys.length === 0)
    throw new ServiceError("NoSuchEntity", `The user with name ${name} cannot be found.`, 404);
  const member = keys.map(({ accessKeyId, isInactive }) => ({
    UserName: name,
    AccessKeyId: accessKeyId,
    Status: isInactive ? "Inactive" : "Active",
    CreateDate: CREATED,
  }));
  return { IsTruncated: "false", AccessKeyMetadata: { member } };
}

/**
 * Makes a key inactive, or active again: every service that has the same identities refuses it.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
 */
export function updateAccessKey(
  identities: readonly LocalIdentity[],
  account: string,
  form: URLSearchParams,
): XmlNode {
  const [user, id, status] = ["UserName", "AccessKeyId", "Status"].map(
    (name) => form.get(name) ?? "",
  );
  if (status !== "Active" && status !== "Inactive")
    throw new ServiceError("ValidationError", "Status must be Active or Inactive.");
  const key = keysOf(identities, account, user ?? "").find(({ accessKeyId }) => accessKeyId === id);
  if (key === undefined)
    throw new ServiceError("NoSuchEntity", `The Access Key with id ${id} cannot be found`, 404);
  key.isInactive = status === "Inactive";
  return {};
}

function keysOf(
  identities: readonly LocalIdentity[],
  account: string,
  user: string,
): readonly LocalIdentity[] {
  const start = `arn:aws:iam::${account}:user/`;
  return identities.filter(({ arn }) => arn.startsWith(start) && arn.endsWith(`/${user}`));
}

/**
 * Returns the account's issuer of AWS-signed tokens, which is always enabled here.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetOutboundWebIdentityFederationInfo.html
 */
export function outboundFederation(issuers: ReadonlyMap<string, string>, account: string): XmlNode {
  const issuer = issuers.get(account);
  if (issuer === undefined)
    throw new ServiceError("FeatureDisabled", "Outbound web identity federation is disabled", 404);
  return { IssuerIdentifier: issuer, JwtVendingEnabled: "true" };
}

/** Throws: the account's issuer is enabled. */
export function enableOutboundFederation(): never {
  throw new ServiceError("FeatureEnabled", "Outbound web identity federation is enabled", 409);
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
