// Evaluates what access an identity has with given parameters at a given time, using the function's
// own code.

import {
  type SignedClaims,
  type VerifiedIdentity,
  verifyIdentity,
} from "../../functions/authenticator/identity/identity.ts";
import { parseMappedArn } from "../../functions/authenticator/mapping/arn.ts";
import { evaluateMappings } from "../../functions/authenticator/mapping/evaluate.ts";
import { isOfSet } from "../../functions/authenticator/mapping/kinds.ts";
import { candidates } from "../../functions/authenticator/mapping/parameter-name.ts";
import { decidingEvaluation } from "../../functions/authenticator/mapping/select.ts";
import { hasCode } from "../../functions/errors.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";
import { arnsOfAddress, type Entry } from "./entry.ts";

/** What the names of a store's mappings begin with, and the partition of their ARNs. */
export interface MappingNames {
  /** Begins with `/`, does not end with one. */
  readonly prefix: string;
  /** The partition, such as `aws` or `aws-cn`. */
  readonly partition: string;
}

/** Where and when mappings are evaluated. */
export interface PlaceAndTime extends MappingNames {
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Settings and time with which mappings are evaluated. */
export interface ReviewSettings extends PlaceAndTime {
  /** Usernames and groups must not begin with one of these. */
  readonly reservedPrefixes: readonly string[];
  /**
   * Returns the reserved prefixes of all functions that may read the mappings. Default: none. Throws
   * for an invalid one of the shell, which must not stop a command that asks for none.
   */
  readonly mayBeReserved?: () => readonly string[];
  /** The function denies identities of other accounts. Default: any. */
  readonly accounts?: readonly string[];
  /**
   * Whether the function accepts AWS-signed tokens: beside others, or `only` them. Default: it does
   * not.
   */
  readonly signedTokens?: "beside" | "only" | undefined;
  /** The accounts whose AWS-signed tokens the function accepts. Default: any. */
  readonly signedAccounts?: readonly string[];
}

export type StoredParameters = ReadonlyMap<string, StoredParameter>;

/** Returns the evaluations in order of precedence, and the one that applies, if there is any. */
export function decide(
  { prefix, now }: PlaceAndTime,
  identity: VerifiedIdentity,
  parameters: StoredParameters,
) {
  const evaluations = evaluateMappings(candidates(prefix, identity), parameters, identity, now);
  return { evaluations, deciding: decidingEvaluation(evaluations) };
}

interface Supposition {
  /** `AROA...` or `AIDA...`; default: made up. */
  readonly principalId?: string | undefined;
  /** The name of a role's session; default: made up, or the one of an assumed role's ARN. */
  readonly sessionName?: string | undefined;
}

/** Made up: no decision depends on it. */
const ACCESS_KEY_ID = "ASIASUPPOSED";

const SAMPLE_SESSION = "session-name";

/**
 * The claims of an AWS-signed token without tags, source identity and user of IAM Identity Center.
 */
const NO_CLAIMS: SignedClaims = {
  identityStoreUserId: undefined,
  sourceIdentity: undefined,
  principalTags: {},
};

/**
 * Returns the role or user as its AWS-signed token identifies it: without ids, session name and
 * access key.
 */
export function signedIdentity(
  identity: VerifiedIdentity,
  claims: SignedClaims = NO_CLAIMS,
): VerifiedIdentity {
  const { canonicalArn, kind, arn } = identity;
  const unknown = { principalId: undefined, sessionName: undefined, accessKeyId: undefined };
  return { ...identity, ...unknown, arn: kind === "role" ? canonicalArn : arn, claims };
}

/**
 * Makes an identity of an ARN; `undefined` for anything but the ARN of a role, an assumed role, a
 * user, a federated user or root.
 */
export function supposeIdentity(
  arn: string,
  supposed: Supposition = {},
): VerifiedIdentity | undefined {
  try {
    return suppose(arn, supposed);
  } catch (error) {
    if (hasCode(error, "identity_impossible")) return undefined;
    throw error;
  }
}

function suppose(arn: string, supposed: Supposition): VerifiedIdentity | undefined {
  const assumed = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\/([^/]+)$/.exec(arn);
  if (assumed !== null) {
    const [, partition = "", account = "", role = "", session = ""] = assumed;
    return supposeRole(partition, account, role, {
      ...supposed,
      sessionName: supposed.sessionName ?? session,
    });
  }
  const mapped = parseMappedArn(arn);
  if (mapped === undefined) return undefined;
  const { partition, accountId, kind } = mapped;
  // Keep the case: the names of permission sets' roles are case-sensitive.
  const name = arn.slice(arn.lastIndexOf("/") + 1);
  if (kind === "role") return supposeRole(partition, accountId, name, supposed);
  const userIds = {
    user: supposed.principalId ?? "AIDASUPPOSED",
    root: accountId,
    "federated-user": undefined,
  };
  const UserId = userIds[kind] ?? `${accountId}:${name}`;
  // A mapping may write its ARN in capitals. STS returns lower case.
  const Arn = arn.replace(/^[^/]*/, (start) => start.toLowerCase());
  return verifyIdentity({ Account: accountId, Arn, UserId }, partition, ACCESS_KEY_ID);
}

function supposeRole(
  partition: string,
  account: string,
  role: string,
  supposed: Supposition,
): VerifiedIdentity {
  const { principalId = "AROASUPPOSED", sessionName = SAMPLE_SESSION } = supposed;
  const Arn = `arn:${partition}:sts::${account}:assumed-role/${role}/${sessionName}`;
  return verifyIdentity(
    { Account: account, Arn, UserId: `${principalId}:${sessionName}` },
    partition,
    ACCESS_KEY_ID,
  );
}

/**
 * Returns an entry's principal. The role of a permission set gets a made-up suffix. `undefined` for
 * patterns and accounts, which match many.
 */
export function principalOf(
  entry: Entry,
  { partition }: MappingNames,
): VerifiedIdentity | undefined {
  const { mapping } = entry;
  const { principalId, session: sessionName } = mapping;
  const [ofSet] = isOfSet(entry.kind) ? arnsOfAddress(entry, sessionName, "0").arns : [];
  const arn = ofSet === undefined ? mapping.arn : `arn:${partition}:${ofSet}`;
  return arn === undefined ? undefined : supposeIdentity(arn, { principalId, sessionName });
}

/** Returns the decision for an entry's principal; `undefined` for patterns and accounts. */
export function decideForPrincipal(
  entry: Entry,
  parameters: StoredParameters,
  review: PlaceAndTime,
) {
  const principal = principalOf(entry, review);
  return principal === undefined ? undefined : decide(review, principal, parameters);
}
