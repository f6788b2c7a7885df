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

/** The entries of one parameter that give `system:masters`. A search in the text spares parsing most of 10,000 values. */
export function mastersEntries(prefix: string, name: string, stored: StoredParameter): Entry[] {
  if (!stored.value.includes(MASTERS)) return [];
  return readParameter(prefix, name, stored).entries.filter(({ mapping }) => grantsMasters(mapping));
}
