// Evaluates what access an identity has with given parameters at a given time, using the function's own code.

import {
  type SignedClaims,
  type VerifiedIdentity,
  verifyIdentity,
} from "../../functions/authenticator/identity/identity.ts";
import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { isDenied } from "../../functions/authenticator/mapping/deny-list.ts";
import { type Evaluation, evaluateMappings } from "../../functions/authenticator/mapping/evaluate.ts";
import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation, selectMapping } from "../../functions/authenticator/mapping/select.ts";
import { renderUser } from "../../functions/authenticator/user/user.ts";
import { Denial, IdentityImpossible } from "../../functions/errors.ts";
import type { EvaluationContext } from "../function-settings.ts";
import type { Entry } from "../mappings/file/entry.ts";
import { activeDenials, isDenyList, type StoredParameters } from "./denials.ts";

interface Decision {
  /** In order of precedence. */
  readonly evaluations: readonly Evaluation[];
  /** The evaluation that applies; `undefined` without any parameter. */
  readonly deciding: ReturnType<typeof decidingEvaluation>;
}

export function decide(
  { prefix, now }: EvaluationContext,
  identity: VerifiedIdentity,
  parameters: StoredParameters,
): Decision {
  const evaluations = evaluateMappings(candidates(prefix, identity), parameters, identity, now);
  return { evaluations, deciding: decidingEvaluation(evaluations) };
}

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
   * `denied`: a deny list matches. `invalid`: the value is invalid. `mismatch`: the value is for
   * another principal. `unknown`: an entry needs what the AWS-signed token lacks. `unusable`: a mapping applies, but its
   * names cannot be rendered. `unmapped`: nothing applies.
   */
  readonly kind: "denied" | "invalid" | "mismatch" | "unknown" | "unusable" | "unmapped";
  /** The function's error code. */
  readonly code: string;
  /** The parameter that applies; empty if none does. */
  readonly parameter: string;
  /** The matching entry of a deny list. */
  readonly arnLike?: string;
}

export type Access = Granted | NotGranted;

/** @param isNode whether EC2 confirms that the identity is an instance, which mappings with a node's name require */
export async function accessOf(
  identity: VerifiedIdentity,
  parameters: StoredParameters,
  context: EvaluationContext,
  isNode = true,
): Promise<Access> {
  const { evaluations, deciding } = decide(context, identity, parameters);
  const parameter = deciding?.parameter ?? "";
  // A sample of what EC2 returns.
  const node = isNode ? { name: "ip-192-0-2-1.ec2.internal" } : { refusal: "not an instance" };
  try {
    const selected = selectMapping(evaluations, identity);
    const user = await renderUser(selected, identity, context.reservedPrefixes, async () => node);
    return { kind: "granted", ...user, parameter, mapping: selected.mapping };
  } catch (error) {
    if (!(error instanceof Denial)) throw error;
    const { code } = error;
    if (deciding === undefined) return { kind: "unmapped", code, parameter };
    const { kind } = deciding.verdict;
    if (kind === "match") return { kind: "unusable", code, parameter };
    if (kind !== "deny") return { kind, code, parameter };
    const list = deciding.place === "deny-any" ? "any" : identity.accountId;
    const entry = isDenyList(parameter)
      ? activeDenials(list, parameters, context).find((one) => isDenied(one, identity))
      : undefined;
    return { kind: "denied", code, parameter, ...(entry !== undefined && { arnLike: entry.arnLike }) };
  }
}

/** Whether a denial applies. An invalid deny list denies every identity that it covers. */
export function isDenial({ kind, parameter }: Access): boolean {
  return kind === "denied" || (kind === "invalid" && isDenyList(parameter));
}

/** Whether `to` gives a username or a group that `from` does not give. */
export function givesMore(from: Access, to: Access): boolean {
  if (to.kind !== "granted") return false;
  if (from.kind !== "granted" || from.username !== to.username) return true;
  return to.groups.some((group) => !from.groups.includes(group));
}

interface Supposition {
  /** `AROA...` or `AIDA...`; default: made up. */
  readonly principalId?: string | undefined;
  /** For roles; default: made up, or the one of an assumed role's ARN. */
  readonly sessionName?: string | undefined;
}

/** Made up: no decision depends on it. */
const ACCESS_KEY_ID = "ASIASUPPOSED";
export const SAMPLE_SESSION = "session-name";

/** An AWS-signed token without tags, source identity and user of IAM Identity Center. */
export const NO_CLAIMS: SignedClaims = { identityStoreUserId: undefined, sourceIdentity: undefined, principalTags: {} };

/** What an AWS-signed token of a role or user shows. */
export function signedIdentity(identity: VerifiedIdentity, claims: SignedClaims = NO_CLAIMS): VerifiedIdentity {
  const { canonicalArn, kind, arn } = identity;
  const unknown = { principalId: undefined, sessionName: undefined, accessKeyId: undefined };
  return { ...identity, ...unknown, arn: kind === "role" ? canonicalArn : arn, claims };
}

/** `undefined` for anything but the ARN of a role, an assumed role, a user, a federated user or root. */
export function supposeIdentity(arn: string, supposed: Supposition = {}): VerifiedIdentity | undefined {
  try {
    return suppose(arn, supposed);
  } catch (error) {
    if (error instanceof IdentityImpossible) return undefined;
    throw error;
  }
}

function suppose(arn: string, supposed: Supposition): VerifiedIdentity | undefined {
  const assumed = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\/([^/]+)$/.exec(arn);
  if (assumed !== null) {
    const [, partition = "", account = "", role = "", session = ""] = assumed;
    return supposeRole(partition, account, role, { ...supposed, sessionName: supposed.sessionName ?? session });
  }
  const mapped = parseMappedArn(arn);
  if (mapped === undefined) return undefined;
  const { partition, accountId, kind } = mapped;
  // Keep the case: the names of permission sets' roles are case-sensitive.
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (kind === "role") return supposeRole(partition, accountId, name, supposed);
  const userIds = { user: supposed.principalId ?? "AIDASUPPOSED", root: accountId, "federated-user": undefined };
  const UserId = userIds[kind] ?? `${accountId}:${name}`;
  // A mapping may write its ARN in capitals. STS returns lower case.
  const Arn = arn.replace(/^[^/]*/, (start) => start.toLowerCase());
  return verifyIdentity({ Account: accountId, Arn, UserId }, partition, ACCESS_KEY_ID);
}

function supposeRole(partition: string, account: string, role: string, supposed: Supposition): VerifiedIdentity {
  const { principalId = "AROASUPPOSED", sessionName = SAMPLE_SESSION } = supposed;
  const Arn = `arn:${partition}:sts::${account}:assumed-role/${role}/${sessionName}`;
  return verifyIdentity({ Account: account, Arn, UserId: `${principalId}:${sessionName}` }, partition, ACCESS_KEY_ID);
}

/** The role of a permission set gets a made-up suffix. `undefined` for patterns and accounts, which match many. */
export function principalOf(
  { kind, account, name, mapping }: Entry,
  { partition }: EvaluationContext,
): VerifiedIdentity | undefined {
  const isOfSet = kind === "sso" || kind === "sso-session";
  const ofSet = `arn:${partition}:iam::${account}:role/AWSReservedSSO_${name}_0000000000000000`;
  const arn = isOfSet ? ofSet : mapping.arn;
  const { principalId, session: sessionName } = mapping;
  return arn === undefined ? undefined : supposeIdentity(arn, { principalId, sessionName });
}

/** The decision for an entry's principal; `undefined` for patterns and accounts. */
export function decideForPrincipal(
  entry: Entry,
  parameters: StoredParameters,
  context: EvaluationContext,
): Decision | undefined {
  const principal = principalOf(entry, context);
  return principal === undefined ? undefined : decide(context, principal, parameters);
}
