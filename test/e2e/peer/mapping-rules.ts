// Mappings that the servers handle differently, with the matching kind of signer.

import type { Conditions, Facts } from "./case.ts";

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
