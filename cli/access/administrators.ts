// Evaluates whether a mapping surely grants administrator access, by a group with full access to the cluster.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { selectMapping } from "../../functions/authenticator/mapping/select.ts";
import { renderUser } from "../../functions/authenticator/user/user.ts";
import { Denial } from "../../functions/errors.ts";
import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import type { Entry } from "../mappings/file/entry.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import { possibleDenials } from "./denials.ts";
import { decide } from "./evaluation.ts";
import { accessGroup } from "./levels.ts";
import { type SamplePrincipal, samplePrincipalsOf } from "./sample-principals.ts";

/**
 * `system:masters` bypasses RBAC, so no rule can revoke it. Clusters bind `access:cluster-admin` to the role
 * `cluster-admin`, which can be revoked.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
export const ADMIN_GROUPS: readonly string[] = ["system:masters", accessGroup("cluster-admin")];

export function isAdministrator(groups: readonly string[]): boolean {
  return groups.some((group) => ADMIN_GROUPS.includes(group));
}

export function makesAdministrator({ groups = [] }: Mapping): boolean {
  return isAdministrator(groups);
}

/** The parameter's entries with an administrators' group. The text search avoids parsing most of 10,000 values. */
export function administratorEntries(prefix: string, name: string, stored: StoredParameter): Entry[] {
  if (!mentionsAdministrators(stored.value)) return [];
  return readParameter(prefix, name, stored).entries.filter(({ mapping }) => makesAdministrator(mapping));
}

export function mentionsAdministrators(value: string | undefined): boolean {
  return value !== undefined && ADMIN_GROUPS.some((group) => value.includes(group));
}

type StoredParameters = ReadonlyMap<string, StoredParameter>;

export interface AdminAccess {
  /** `doubtful`: the mapping applies to only some of its possible principals, or a denial may match them. */
  readonly kind: "sure" | "doubtful" | "none";
  /** In milliseconds since 1970; infinity without an end. */
  readonly until: number;
  /** A phrase for the user; empty for `sure`. */
  readonly why: string;
}

/** The strongest result of the entry's sample principals. */
export async function adminAccessOf(
  entry: Entry,
  parameters: StoredParameters,
  context: EvaluationContext,
): Promise<AdminAccess> {
  const { notAfter } = entry.mapping;
  if (isExpired(notAfter, context.now)) return none(`ended on ${notAfter}`);
  const answers: AdminAccess[] = [];
  for (const sample of samplePrincipalsOf(entry, parameters, context)) {
    const access = await accessOfSample(sample, parameters, context);
    if (access.kind === "sure") return access;
    answers.push(access);
  }
  return answers.find(({ kind }) => kind === "doubtful") ?? answers[0] ?? none("no principal can match it");
}

async function accessOfSample(
  { identities, mayBe }: SamplePrincipal,
  parameters: StoredParameters,
  context: EvaluationContext,
): Promise<AdminAccess> {
  const answers: AdminAccess[] = [];
  for (const identity of identities) answers.push(await ask(identity, parameters, context));
  if (answers.length === 0) return none("no principal can match it");
  const denied = answers.find(({ kind }) => kind === "none");
  if (denied !== undefined && answers.every(({ kind }) => kind === "none")) return denied;
  const until = Math.min(...answers.flatMap(({ kind, until }) => (kind === "none" ? [] : until)));
  if (denied !== undefined) return { kind: "doubtful", until, why: denied.why };
  const account = identities[0]?.accountId ?? "";
  const deny = mayBe.flatMap((pattern) => possibleDenials(pattern, account, parameters, context))[0];
  return deny === undefined
    ? { kind: "sure", until, why: "" }
    : { kind: "doubtful", until, why: `may be denied by ${deny}` };
}

/** Uses the function's own code. Mappings with a node's name are denied: an administrator does not need one. */
async function ask(
  identity: VerifiedIdentity,
  parameters: StoredParameters,
  context: EvaluationContext,
): Promise<AdminAccess> {
  const { evaluations, deciding } = decide(context, identity, parameters);
  const where = deciding === undefined ? "" : shortName(deciding.parameter, context.prefix);
  try {
    const selected = selectMapping(evaluations, identity);
    const { groups } = await renderUser(selected, identity, context.reservedPrefixes, async () => ({ refusal: "" }));
    if (!isAdministrator(groups)) return none(`${where} takes precedence`);
    const { notAfter } = selected.mapping;
    return { kind: "sure", until: (notAfter && notAfterTime(notAfter)) || Number.POSITIVE_INFINITY, why: "" };
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    if (error.code === "identity_unmapped") return none("it does not match every possible role");
    return none(error.code === "identity_denied" ? `denied by ${where}` : `denied, ${error.code}`);
  }
}

function none(why: string): AdminAccess {
  return { kind: "none", until: Number.NEGATIVE_INFINITY, why };
}
