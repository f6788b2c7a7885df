// What to do about each reason of a refusal.

/** By the codes of functions/errors.ts, as far as an operator or a user can act on them. */
const ADVICE: Readonly<Record<string, string>> = {
  token_malformed: "make a new token with `iam-authenticator token` or `aws eks get-token`",
  token_parameter_refused: "make a new token with `iam-authenticator token` or `aws eks get-token`",
  token_host_refused: "let the client use an STS endpoint of the function's partition, or set STS_EXTRA_HOSTS",
  token_region_refused: "let the client use a region of STS_REGIONS, or add its region there",
  token_headers_refused: "let the client sign host and x-k8s-aws-id, and nothing else",
  token_expired: "make a new token, and check the clock of the machine that made this one",
  token_not_yet_valid: "set the clock of the machine that made the token",
  sts_refused: "check that the token is for this cluster, and that its AWS credentials still hold",
  identity_impossible: "use credentials of the function's own partition",
  sts_throttled: "wait, and run this again",
  sts_unreachable: "check the network to STS, and run this again",
  account_foreign: "use credentials of one of the ACCOUNTS, or add this account there",
  identity_unmapped: "add a mapping: iam-authenticator mappings set <who> --username <name> --group <group>",
  identity_denied: "remove the deny, if it is not meant",
  denials_invalid: "mend the deny list, or remove it: until then, everybody for whom it is read is refused",
  mapping_invalid: "mend the mapping: iam-authenticator mappings set, or mappings rollback",
  mapping_mismatch: "mend arn or principalId of the mapping; a role that was made anew has another id",
  placeholder_without_value: "use another placeholder: a user has no session name",
  node_not_verified: "check that the instance runs, in this account and region, with this role in its profile",
  instances_unavailable: "check ec2:DescribeInstances and iam:GetInstanceProfile, and run this again",
  name_refused: "choose another username or group, or change RESERVED_PREFIXES",
};

/** `undefined` for a code that has none. */
export function adviceOn(code: string): string | undefined {
  return ADVICE[code];
}
