// Evaluates what access an identity has with given parameters at a given time, using the function's own code.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { checkDenyList, isDenied } from "../../functions/authenticator/mapping/deny-list.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { selectMapping } from "../../functions/authenticator/mapping/select.ts";
import { renderUser } from "../../functions/authenticator/user/user.ts";
import { Denial } from "../../functions/errors.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { EvaluationContext } from "../function-settings.ts";
import type { StoredParameters } from "./account-names.ts";
import { decide } from "./evaluation.ts";

export interface Granted {
  readonly kind: "granted";
  readonly username: string;
  readonly groups: readonly string[];
  /** The parameter that applies, and the mapping in it. */
  readonly parameter: string;
  readonly mapping: Mapping;
}

interface NotGranted {
  /**
   * `denied`: a deny list or `"deny": true` matches. `invalid`: the value is invalid. `mismatch`: the value is for
   * another principal. `unknown`: an entry needs what the AWS-signed token lacks. `unusable`: a mapping applies, but its
   * names cannot be rendered. `unmapped`: nothing applies.
   */
  readonly kind: "denied" | "invalid" | "mismatch" | "unknown" | "unusable" | "unmapped";
  /** The parameter that applies; empty if none does. */
  readonly parameter: string;
  /** The matching entry of a deny list. */
  readonly arnLike?: string;
}

export type Access = Granted | NotGranted;

/** A sample of what EC2 returns. */
const NODE = "ip-192-0-2-1.ec2.internal";

/** @param isNode whether EC2 confirms that the identity is an instance, which mappings with a node's name require */
export async function accessOf(
  identity: VerifiedIdentity,
  parameters: StoredParameters,
  context: EvaluationContext,
  isNode = true,
): Promise<Access> {
  const { evaluations, deciding } = decide(context, identity, parameters);
  const parameter = deciding?.parameter ?? "";
  try {
    const selected = selectMapping(evaluations, identity);
    const user = await renderUser(selected, identity, context.reservedPrefixes, async () =>
      isNode ? { name: NODE } : { refusal: "not an instance" },
    );
    return { kind: "granted", ...user, parameter, mapping: selected.mapping };
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    if (deciding === undefined) return { kind: "unmapped", parameter };
    const { kind } = deciding.verdict;
    if (kind === "match") return { kind: "unusable", parameter };
    if (kind !== "deny") return { kind, parameter };
    const arnLike = denyingEntry(identity, parameters, parameter, context.now);
    return { kind: "denied", parameter, ...(arnLike !== undefined && { arnLike }) };
  }
}

function denyingEntry(identity: VerifiedIdentity, parameters: StoredParameters, parameter: string, now: number) {
  const stored = parameters.get(parameter);
  const account = parameter.endsWith("/any") ? "any" : identity.accountId;
  const check = stored === undefined ? undefined : checkDenyList(stored, { account, partition: identity.partition });
  if (!check?.valid) return undefined;
  return check.entries.find((entry) => isDenied(entry, identity) && !isExpired(entry.notAfter, now))?.arnLike;
}

/** Whether a denial applies. An invalid deny list denies every identity that it covers. */
export function isDenial({ kind, parameter }: Access): boolean {
  return kind === "denied" || (kind === "invalid" && /\/deny\/(?:\d{12}|any)$/.test(parameter));
}

/** Whether `to` gives a username or a group that `from` does not give. */
export function givesMore(from: Access, to: Access): boolean {
  if (to.kind !== "granted") return false;
  if (from.kind !== "granted" || from.username !== to.username) return true;
  return to.groups.some((group) => !from.groups.includes(group));
}
