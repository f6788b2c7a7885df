// Administrators: members of a group that may do everything in the cluster, and how sure a mapping makes one.

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
import { type SamplePrincipal, samplePrincipalsOf } from "./sample-principals.ts";

/**
 * No RBAC rule can take `system:masters` away. `access:cluster-admin` is the group that a cluster binds to the role
 * `cluster-admin`, so that it can be taken away.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
 */
export const ADMIN_GROUPS: readonly string[] = ["system:masters", "access:cluster-admin"];

export function isAdministrator(groups: readonly string[]): boolean {
  return groups.some((group) => ADMIN_GROUPS.includes(group));
}

export function makesAdministrator({ groups = [] }: Mapping): boolean {
  return isAdministrator(groups);
}

/** The entries of one parameter that make an administrator. A search in the text spares parsing most of 10,000 values. */
export function administratorEntries(prefix: string, name: string, stored: StoredParameter): Entry[] {
  if (!mentionsAdministrators(stored.value)) return [];
  return readParameter(prefix, name, stored).entries.filter(({ mapping }) => makesAdministrator(mapping));
}

export function mentionsAdministrators(value: string | undefined): boolean {
  return value !== undefined && ADMIN_GROUPS.some((group) => value.includes(group));
}

type Parameters = ReadonlyMap<string, StoredParameter>;

export interface AdminAccess {
  /** `doubtful`: true for some of the principals that it may be for, or unless a denial is for them. */
  readonly kind: "sure" | "doubtful" | "none";
  /** Milliseconds since 1970, infinity without an end. */
  readonly until: number;
  /** Where it is not sure: a phrase for the user. */
  readonly why: string;
}

/** The best of what its sample principals give. */
export async function adminAccessOf(
  entry: Entry,
  parameters: Parameters,
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
  parameters: Parameters,
  context: EvaluationContext,
): Promise<AdminAccess> {
  const answers: AdminAccess[] = [];
  for (const identity of identities) answers.push(await ask(identity, parameters, context));
  if (answers.length === 0) return none("no principal can match it");
  const refused = answers.find(({ kind }) => kind === "none");
  if (refused !== undefined && answers.every(({ kind }) => kind === "none")) return refused;
  const until = Math.min(...answers.flatMap(({ kind, until }) => (kind === "none" ? [] : until)));
  if (refused !== undefined) return { kind: "doubtful", until, why: refused.why };
  const account = identities[0]?.accountId ?? "";
  const deny = mayBe.flatMap((pattern) => possibleDenials(pattern, account, parameters, context))[0];
  return deny === undefined
    ? { kind: "sure", until, why: "" }
    : { kind: "doubtful", until, why: `perhaps denied by ${deny}` };
}

/** By the function's own code. A name that EC2 must prove counts as refused: an administrator does not need one. */
async function ask(
  identity: VerifiedIdentity,
  parameters: Parameters,
  context: EvaluationContext,
): Promise<AdminAccess> {
  const { evaluations, deciding } = decide(context, identity, parameters);
  const where = deciding === undefined ? "" : shortName(deciding.parameter, context.prefix);
  try {
    const selected = selectMapping(evaluations, identity);
    const { groups } = await renderUser(selected, identity, context.reservedPrefixes, async () => ({ refusal: "" }));
    if (!isAdministrator(groups)) return none(`${where} counts before it`);
    const { notAfter } = selected.mapping;
    return { kind: "sure", until: (notAfter && notAfterTime(notAfter)) || Number.POSITIVE_INFINITY, why: "" };
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    if (error.code === "identity_unmapped") return none("not for every role that it may be for");
    return none(error.code === "identity_denied" ? `denied by ${where}` : `refused, ${error.code}`);
  }
}

function none(why: string): AdminAccess {
  return { kind: "none", until: Number.NEGATIVE_INFINITY, why };
}
