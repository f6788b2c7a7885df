// Whom an entry is for, as an identity; and whether that identity gets to the entry, or something else counts first.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import type { Entry } from "../mapping-file/entry.ts";
import type { Site } from "./context.ts";
import { type Decision, decide } from "./decide.ts";
import { permissionSetRole, supposeIdentity } from "./supposed-identity.ts";

/** `undefined` for patterns and accounts, which are for many. */
export function principalOf(
  { kind, account, name, mapping }: Entry,
  { partition }: Site,
): VerifiedIdentity | undefined {
  const arn = kind === "sso" ? permissionSetRole(partition, account, name) : mapping.arn;
  return arn === undefined ? undefined : supposeIdentity(arn, { principalId: mapping.principalId });
}

/** What counts for an entry's principal; `undefined` where the entry has no single one. */
export function decideForPrincipal(
  entry: Entry,
  parameters: ReadonlyMap<string, StoredParameter>,
  site: Site,
): Decision | undefined {
  const principal = principalOf(entry, site);
  return principal === undefined ? undefined : decide(site, principal, parameters);
}
