// Identities that STS never returns, which our server rejects, and mappings that the servers handle differently.

import type { Conditions, Facts } from "./case.ts";

export const IDENTITY_RULES: Conditions = {
  "4: the ARN's partition equals the function's": told(({ partition }) => partition !== "aws"),
  "4: the account inside the ARN equals `Account`": told(({ account, Account }) => account !== Account),
  "4, 11: users, assumed roles, federated users and root; no other kind, no role with a path": told(
    ({ region, principal }) => {
      return (
        region !== "" ||
        !/^(iam:user\/.*|iam:root|sts:assumed-role\/[^/]*\/[^/]*|sts:federated-user\/[^/]*)$/s.test(principal)
      );
    },
  ),
  "11: the session in UserId is the ARN's": told(({ principal, UserId }) => {
    return principal.includes(":assumed-role/") && UserId.split(":").slice(1).join(":") !== principal.split("/").at(-1);
  }),
  "4: UserId matches the kind of identity": told(({ principal, Account, UserId }) => {
    if (principal.includes(":root")) return UserId !== Account;
    if (principal.includes(":federated-user/")) return UserId !== `${Account}:${principal.split("/").at(-1)}`;
    return !/^[A-Z0-9]+$/.test(principal.includes(":assumed-role/") ? (UserId.split(":")[0] ?? "") : UserId);
  }),
  "4: names and sessions have IAM's characters and length": told(({ principal }) => {
    const names = principal.split("/").slice(1);
    return names.length > 0 && !/^[\w+=,.@-]{1,128}$/.test(names.at(-1) ?? "");
  }),
};

interface ToldParts {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Service and resource. */
  readonly principal: string;
  readonly Account: string;
  readonly UserId: string;
}

/** Matches identities in fabricated STS responses. */
function told(holds: (parts: ToldParts) => boolean): (facts: Facts) => boolean {
  return ({ answer }) => {
    const text = answer?.status === 200 ? answer.text : "";
    const [, account, arn, userId] = /\{"Account":("[^"]*"),"Arn":("[^"]*"),"UserId":("[^"]*")\}/.exec(text) ?? [];
    if (account === undefined || arn === undefined || userId === undefined) return false;
    const [, partition = "", service, region = "", accountId = "", ...resource] = String(JSON.parse(arn)).split(":");
    return holds({
      partition,
      region,
      account: accountId,
      principal: `${service}:${resource.join(":")}`,
      Account: JSON.parse(account),
      UserId: JSON.parse(userId),
    });
  };
}

/** By the kind of signer. */
export const MAPPING_RULES: Conditions = {
  "5: a role's path in the mapping's ARN is ignored": signedBy("role with a path"),
  "5: a role's mapping takes precedence over its account's, with or without a path": signedBy(
    "role with a path, mapped account",
  ),
  "5: a user's path is ignored": signedBy("user at another path"),
  "11: the ARN of a federated user compares exactly": signedBy("federated in other letters"),
  "5: a permission set's role is `AWSReservedSSO_<set>_<16 hex>`, so `View` is not `View_Admin`": signedBy(
    "longer set",
    "set without its suffix",
  ),
  "5: the same in a mapped account: the account's user instead of the set's": signedBy("longer set, mapped account"),
  "5: a permission set must be in the function's partition": signedBy("set with a partition"),
  "5: an unknown placeholder is invalid": signedBy("misspelt placeholder"),
  "11: a placeholder without a value for the identity is a denial": signedBy("placeholder without value"),
  "11: `username` is required": signedBy("no username"),
  "11: an empty group is invalid": signedBy("empty group"),
  "5: reserved prefixes (`reserved:`) are checked on every group too": signedBy("reserved group"),
  "5: `principalId`: only this role, not a later one with the same name": signedBy("pinned, a later role"),
};

function signedBy(...names: readonly string[]): (facts: Facts) => boolean {
  return ({ identity }) => names.includes(identity.name);
}
