// Mappings that give `system:masters`, the group of Kubernetes' administrators.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Entry } from "../mapping-file/entry.ts";
import { readParameter } from "../mapping-file/read-parameter.ts";

/** https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles: no RBAC rule can take this away */
export const MASTERS = "system:masters";

export function grantsMasters({ groups = [] }: Mapping): boolean {
  return groups.includes(MASTERS);
}

/** The characters of a session name: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
const SESSION_NAME = /^[\w+=,.@-]{2,64}$/;

/** Whether a session name, which anyone who may assume the role chooses, makes `system:masters` of one of the groups. */
export function canChooseMasters({ groups = [] }: Mapping): boolean {
  return groups.some((group) => {
    const [before = "", after = ""] = group.split(/\{SessionName(?:Raw)?\}/);
    return `${before}${after}` !== group && SESSION_NAME.test(restOfMasters(before, after));
  });
}

function restOfMasters(before: string, after: string): string {
  if (!MASTERS.startsWith(before) || !MASTERS.endsWith(after)) return "";
  return MASTERS.slice(before.length, MASTERS.length - after.length);
}

/** The entries of one parameter that give `system:masters`. A search in the text spares parsing most of 10,000 values. */
export function mastersEntries(prefix: string, name: string, stored: StoredParameter): Entry[] {
  if (!stored.value.includes(MASTERS)) return [];
  return readParameter(prefix, name, stored).entries.filter(({ mapping }) => grantsMasters(mapping));
}
