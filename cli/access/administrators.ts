// Evaluates whether a mapping surely grants administrator access, by a group with full access to the cluster.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { isExpired, notAfterTime } from "../../functions/lib/not-after.ts";
import { type EvaluationContext, shortName } from "../function-settings.ts";
import type { Entry } from "../mappings/file/entry.ts";
import { readParameter } from "../mappings/file/read-parameter.ts";
import { arnsOverlap, withoutRolePath } from "./arn-overlap.ts";
import { activeDenials, type StoredParameters } from "./denials.ts";
import { accessOf } from "./evaluation.ts";
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

/** A text search, which avoids parsing most of 10,000 values. */
export function mentionsAdministrators(value: string | undefined): boolean {
  return value !== undefined && ADMIN_GROUPS.some((group) => value.includes(group));
}

export interface AdminAccess {
  /** `doubtful`: the mapping applies to only some of its possible principals, or a denial may match them. */
  readonly kind: "sure" | "doubtful" | "none";
  /** In milliseconds since 1970; infinity without an end. */
  readonly until: number;
  /** A phrase for the user; empty for `sure`. */
  readonly why: string;
}

/** Each entry of a parameter with an administrators' group, and whether it grants that access. */
export async function* administratorsIn(
  name: string,
  parameters: StoredParameters,
  context: EvaluationContext,
): AsyncGenerator<{ readonly mapping: Mapping; readonly access: AdminAccess }> {
  const stored = parameters.get(name);
  if (stored === undefined || !mentionsAdministrators(stored.value)) return;
  for (const entry of readParameter(context.prefix, name, stored).entries) {
    const { mapping } = entry;
    if (makesAdministrator(mapping)) yield { mapping, access: await adminAccessOf(entry, parameters, context) };
  }
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
  const lists = [identities[0]?.accountId ?? "", "any"];
  const denials = lists.flatMap((of) => activeDenials(of, parameters, context));
  const [deny] = mayBe.flatMap((pattern) =>
    denials.filter(({ arnLike }) => arnsOverlap(withoutRolePath(arnLike), pattern)),
  );
  return deny === undefined
    ? { kind: "sure", until, why: "" }
    : { kind: "doubtful", until, why: `may be denied by ${deny.arnLike}` };
}

/** Mappings with a node's name are denied: an administrator does not need one. */
async function ask(
  identity: VerifiedIdentity,
  parameters: StoredParameters,
  context: EvaluationContext,
): Promise<AdminAccess> {
  const access = await accessOf(identity, parameters, context, false);
  const where = shortName(access.parameter, context.prefix);
  if (access.kind === "unmapped") return none("it does not match every possible role");
  if (access.kind !== "granted")
    return none(access.kind === "denied" ? `denied by ${where}` : `denied, ${access.code}`);
  if (!isAdministrator(access.groups)) return none(`${where} takes precedence`);
  const { notAfter } = access.mapping;
  return { kind: "sure", until: (notAfter && notAfterTime(notAfter)) || Number.POSITIVE_INFINITY, why: "" };
}

function none(why: string): AdminAccess {
  return { kind: "none", until: Number.NEGATIVE_INFINITY, why };
}
