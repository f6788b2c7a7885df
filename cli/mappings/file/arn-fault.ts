// Describes what is wrong with an ARN that a user wrote.

const SECTIONS = 6;
const EXAMPLE = "arn:aws:iam::111122223333:role/Developers";

/** A phrase about the invalid part of an ARN; `undefined` for an ARN of a session. */
export function arnFault(arn: string): string | undefined {
  if (arn !== arn.trim()) return "it begins or ends with a space";
  const sections = arn.split(":");
  const [start, , service = "", region, account = "", ...rest] = sections;
  if (start !== "arn") return `it must begin with arn:, as in ${EXAMPLE}`;
  if (sections.length < SECTIONS) {
    return `it has ${sections.length} parts between colons, not ${SECTIONS}, as in ${EXAMPLE}`;
  }
  if (service !== "iam" && service !== "sts") return `its service must be iam, not ${service || "empty"}`;
  if (region !== "") return `its region must be empty, as in ${EXAMPLE}`;
  if (!/^\d{12}$/.test(account)) {
    return /^\d+$/.test(account)
      ? `its account has ${account.length} digits, not 12`
      : `its account must be 12 digits, not ${account || "empty"}`;
  }
  return resourceFault(rest.join(":"));
}

export const GROUP_FAULT =
  "STS does not report a user's groups. Map a permission set (sso/<account>/<set>), a role, or each user";

function resourceFault(resource: string): string | undefined {
  if (/^assumed-role\//i.test(resource)) return undefined;
  if (/^group\//i.test(resource)) return GROUP_FAULT;
  if (/^instance-profile\//i.test(resource)) return "name the role of the instance profile";
  if (!/^(role|user|federated-user)\//i.test(resource)) {
    return `after the account, it must have role/, user/ or root, not ${resource || "nothing"}`;
  }
  return "its name is missing, or has a character that IAM does not allow";
}
