// Rules for mappings that the servers handle differently, with the matching kind of signer.

import type { Facts } from "./case.ts";
import { RESERVED_PREFIX } from "./mappings.ts";
import type { Rule } from "./rule.ts";

const MAP = "`file/mapper.go` Map";

export const MAPPING_RULES: readonly Rule[] = [
  {
    section: "5",
    says: "a role's path in the mapping's ARN is ignored",
    ours: "granted",
    theirs: "denied",
    peer: `${MAP}: complete ARNs, and STS never returns the path`,
    holds: signedBy("role with a path"),
  },
  {
    section: "5",
    says: "a role's mapping takes precedence over its account's, with or without a path",
    ours: "granted",
    theirs: "granted as another",
    peer: `${MAP}: complete ARNs; then IsAccountAllowed`,
    holds: signedBy("role with a path, mapped account"),
  },
  {
    section: "5",
    says: "a user's path is ignored",
    ours: "granted",
    theirs: "denied",
    peer: `${MAP}: whole ARNs`,
    holds: signedBy("user at another path"),
  },
  {
    section: "11",
    says: "the ARN of a federated user compares exactly",
    ours: "denied (mapping_mismatch)",
    theirs: "granted",
    peer: `${MAP}: in lower case`,
    holds: signedBy("federated in other letters"),
  },
  {
    section: "5",
    says: "a permission set's role is `AWSReservedSSO_<set>_<16 hex>`, so `View` is not `View_Admin`",
    ours: "denied (identity_unmapped)",
    theirs: "granted",
    peer: "`config/mapper.go` SSOArnLike: `AWSReservedSSO_<set>_*`",
    holds: signedBy("longer set", "set without its suffix"),
  },
  {
    section: "5",
    says: "the same in a mapped account: the account's user instead of the set's",
    ours: "granted",
    theirs: "granted as another",
    peer: "`config/mapper.go` SSOArnLike: `AWSReservedSSO_<set>_*`",
    holds: signedBy("longer set, mapped account"),
  },
  {
    section: "5",
    says: "a permission set must be in the function's partition",
    ours: "granted",
    theirs: "denied",
    peer: "`config/mapper.go` SSOArnLike: a set with a partition never matches",
    holds: signedBy("set with a partition"),
  },
  {
    section: "5",
    says: "an unknown placeholder is invalid",
    ours: "denied (mapping_invalid)",
    theirs: "granted",
    peer: "`server.go` renderTemplate: unchanged",
    holds: signedBy("misspelt placeholder"),
  },
  {
    section: "11",
    says: "a placeholder without a value for the identity is a denial",
    ours: "denied (placeholder_without_value)",
    theirs: "granted",
    peer: "`server.go` renderTemplate: becomes empty",
    holds: signedBy("placeholder without value"),
  },
  {
    section: "11",
    says: "`username` is required",
    ours: "denied (mapping_invalid)",
    theirs: "granted",
    peer: "`server.go` doMapping: grants the empty username",
    holds: signedBy("no username"),
  },
  {
    section: "11",
    says: "an empty group is invalid",
    ours: "denied (mapping_invalid)",
    theirs: "granted",
    peer: "`server.go` renderTemplates: a group like any other",
    holds: signedBy("empty group"),
  },
  {
    section: "5",
    says: `reserved prefixes (\`${RESERVED_PREFIX}\`) are checked on every group too`,
    ours: "denied (name_refused)",
    theirs: "granted",
    peer: "`server.go` ReservedPrefixExists: on the username",
    holds: signedBy("reserved group"),
  },
  {
    section: "5",
    says: "`principalId`: only this role, not a later one with the same name",
    ours: "denied (mapping_mismatch)",
    theirs: "granted",
    peer: `${MAP}: \`userid\` counts in DynamicFile alone`,
    holds: signedBy("pinned, a later role"),
  },
];

function signedBy(...names: readonly string[]): (facts: Facts) => boolean {
  return ({ identity }) => names.includes(identity.name);
}
