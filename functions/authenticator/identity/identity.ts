// The verified identity, and how the three fields that STS returns become one.

import { type Denial, denial } from "../../errors.ts";
import type { CallerIdentity } from "./sts-response.ts";

/**
 * The principal that made the token, as STS reports it or, in an AWS-signed token, as STS has
 * signed it.
 */
export interface VerifiedIdentity {
  readonly kind: "role" | "user" | "root" | "federated-user";
  readonly partition: string;
  readonly accountId: string;
  /** Name of the role, user or federated user, without path. Empty for root. */
  readonly name: string;
  /** As STS returned it, or the token's `sub`: the ARN of the role or user, with its path. */
  readonly arn: string;
  /**
   * For an assumed role the ARN of the role, without path, since STS does not return it; otherwise
   * `arn`.
   */
  readonly canonicalArn: string;
  /**
   * `AROA...` for a role, otherwise the complete UserId of STS. AWS-signed tokens do not contain
   * it.
   */
  readonly principalId: string | undefined;
  /**
   * Only for a role. Every user who can assume the role chooses it. AWS-signed tokens do not
   * contain it.
   */
  readonly sessionName: string | undefined;
  readonly accessKeyId: string | undefined;
  /** Only in an AWS-signed token. */
  readonly claims?: SignedClaims;
}

/** What only AWS-signed tokens contain. Each value is `undefined` if the token has none. */
export interface SignedClaims {
  /** The user's id in the identity store of IAM Identity Center, which AWS chooses. */
  readonly identityStoreUserId: string | undefined;
  /** Chosen by the client that assumed the role, unless the role's trust policy restricts it. */
  readonly sourceIdentity: string | undefined;
  /** Tags of the principal and of its session. Values of STS are strings; user.ts refuses others. */
  readonly principalTags: Readonly<Record<string, unknown>>;
}

/** Returns whether the setting `accounts` has the account. An empty one has any. */
export function acceptsAccount(accounts: readonly string[], accountId: string): boolean {
  return accounts.length === 0 || accounts.includes(accountId);
}

const ARN = /^arn:([a-z-]+):(iam|sts)::(\d{12}):([\x21-\x7e]+)$/;
/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of names
 * and of session names
 */
const NAME = "([\\w+=,.@-]{1,128})";
const USER = new RegExp(`^iam:user/(?:[\\x21-\\x7e]*/)?${NAME}$`);
const ASSUMED_ROLE = new RegExp(`^sts:assumed-role/${NAME}/${NAME}$`);
const FEDERATED_USER = new RegExp(`^sts:federated-user/${NAME}$`);
const UNIQUE_ID = /^[A-Z0-9]+$/;

/**
 * The role that every EC2 instance has, whatever its instance profile is. Its session name is the
 * instance's id. AWS writes its ARN with `iam` or `sts`, and with `role` or `assumed-role`.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-identity-roles.html
 */
const INSTANCE_IDENTITY = /^(?:assumed-)?role\/aws:ec2-instance(?:\/|$)/i;

/**
 * Why such a role is not an identity, as the end of a sentence: it proves an instance of the account,
 * and not a node. docs/decisions/0022-no-instance-identity-roles.md
 */
export const INSTANCE_IDENTITY_REFUSED =
  "an EC2 instance identity role, which every instance of the account has: use the role of the instance profile";

/** Returns whether it is the last section of the ARN of an EC2 instance identity role. */
export function isInstanceIdentity(resource: string): boolean {
  return INSTANCE_IDENTITY.test(resource);
}

/**
 * Returns the identity in a response of STS. Throws `identity_impossible` for an ARN, account and
 * UserId that cannot belong together.
 */
export function verifyIdentity(
  answer: CallerIdentity,
  ownPartition: string,
  accessKeyId: string,
): VerifiedIdentity {
  const [, partition, service, accountId, resource] = ARN.exec(answer.Arn) ?? [];
  if (partition === undefined)
    throw impossible("STS returned an ARN that is not an ARN of IAM or STS");
  if (partition !== ownPartition) {
    throw impossible(
      `${answer.Arn} is in partition ${partition}, this authenticator in ${ownPartition}`,
    );
  }
  if (accountId !== answer.Account)
    throw impossible(`${answer.Arn} is not in the account that STS returned`);
  if (isInstanceIdentity(resource ?? ""))
    throw impossible(`${answer.Arn} is ${INSTANCE_IDENTITY_REFUSED}`);
  const principal = readPrincipal(`${service}:${resource}`, answer);
  if (principal === undefined)
    throw impossible(`${answer.Arn} and its UserId do not match a known kind of identity`);
  return {
    ...principal,
    partition,
    accountId,
    arn: answer.Arn,
    canonicalArn:
      principal.kind === "role"
        ? `arn:${partition}:iam::${accountId}:role/${principal.name}`
        : answer.Arn,
    accessKeyId,
  };
}

function impossible(reason: string): Denial {
  return denial("identity_impossible", reason);
}

type Principal = Pick<VerifiedIdentity, "kind" | "name" | "principalId" | "sessionName">;

/**
 * Returns the principal; `undefined` if the resource and the UserId do not belong together. See the
 * table of principal key values:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
function readPrincipal(
  resource: string,
  { Account, UserId }: CallerIdentity,
): Principal | undefined {
  const [, role = "", session] = ASSUMED_ROLE.exec(resource) ?? [];
  if (session !== undefined) {
    const principalId = UserId.slice(0, -session.length - 1);
    if (!UNIQUE_ID.test(principalId) || UserId !== `${principalId}:${session}`) return undefined;
    return { kind: "role", name: role, principalId, sessionName: session };
  }
  const [, user] = USER.exec(resource) ?? [];
  if (user !== undefined && UNIQUE_ID.test(UserId)) return identified("user", user, UserId);
  if (resource === "iam:root" && UserId === Account) return identified("root", "", UserId);
  const [, federated] = FEDERATED_USER.exec(resource) ?? [];
  if (federated !== undefined && UserId === `${Account}:${federated}`) {
    return identified("federated-user", federated, UserId);
  }
  return undefined;
}

function identified(kind: Principal["kind"], name: string, principalId: string): Principal {
  return { kind, name, principalId, sessionName: undefined };
}
