// From STS's three fields to a verified identity with a canonical ARN.

import { IdentityImpossible } from "../../errors.ts";
import type { CallerIdentity } from "./sts-response.ts";

/** Who STS says signed the token. */
export interface VerifiedIdentity {
  readonly kind: "role" | "user" | "root" | "federated-user";
  readonly partition: string;
  readonly accountId: string;
  /** Of the role, user or federated user, without path; empty for root. */
  readonly name: string;
  /** As STS gave it. */
  readonly arn: string;
  /** A role's own ARN for an assumed role (STS never shows its path), else `arn`. */
  readonly canonicalArn: string;
  /** `AROA...` for a role, else STS's whole UserId. */
  readonly principalId: string;
  /** Only a role has one. Anybody who may assume the role chooses it. */
  readonly sessionName: string | undefined;
  readonly accessKeyId: string;
}

const ARN = /^arn:([a-z-]+):(iam|sts)::(\d{12}):([\x21-\x7e]+)$/;
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of names and of session names */
const NAME = "([\\w+=,.@-]{1,128})";
const USER = new RegExp(`^iam:user/(?:[\\x21-\\x7e]*/)?${NAME}$`);
const ASSUMED_ROLE = new RegExp(`^sts:assumed-role/${NAME}/${NAME}$`);
const FEDERATED_USER = new RegExp(`^sts:federated-user/${NAME}$`);
const UNIQUE_ID = /^[A-Z0-9]+$/;

/** Throws `IdentityImpossible` for what is well formed and yet cannot be. */
export function verifyIdentity(answer: CallerIdentity, ownPartition: string, accessKeyId: string): VerifiedIdentity {
  const [, partition, service, accountId, resource] = ARN.exec(answer.Arn) ?? [];
  if (partition === undefined || accountId === undefined) {
    throw new IdentityImpossible("STS named an ARN that is not one of IAM or STS");
  }
  if (partition !== ownPartition) {
    throw new IdentityImpossible(`${answer.Arn} is of partition ${partition}, this authenticator of ${ownPartition}`);
  }
  if (accountId !== answer.Account) throw new IdentityImpossible(`${answer.Arn} is not of the account that STS named`);
  const principal = readPrincipal(`${service}:${resource}`, answer);
  if (principal === undefined) throw new IdentityImpossible(`${answer.Arn} and its UserId are of no known kind`);
  return {
    ...principal,
    partition,
    accountId,
    arn: answer.Arn,
    canonicalArn: principal.kind === "role" ? `arn:${partition}:iam::${accountId}:role/${principal.name}` : answer.Arn,
    accessKeyId,
  };
}

type Principal = Pick<VerifiedIdentity, "kind" | "name" | "principalId" | "sessionName">;

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html, table of principal key values */
function readPrincipal(resource: string, { Account, UserId }: CallerIdentity): Principal | undefined {
  const [, role, session] = ASSUMED_ROLE.exec(resource) ?? [];
  if (role !== undefined && session !== undefined) {
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
