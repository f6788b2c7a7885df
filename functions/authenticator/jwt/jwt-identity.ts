// Turns the claims of an AWS-signed token into an identity, which is verified once the signature
// is.

import { denial } from "../../errors.ts";
import { isObject } from "../../lib/json.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";
import { permissionSetOf } from "../mapping/parameter-name.ts";

/** `sub`, and the claims below `https://sts.amazonaws.com/`. */
export type AwsClaims = Readonly<Record<string, unknown>>;

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: characters of paths
 * and names
 */
const ROLE_OR_USER =
  /^arn:([a-z-]{1,32}):iam::(\d{12}):(role|user)\/((?:[\x21-\x7e]{1,511}\/)?)([\w+=,.@-]{1,128})$/;

/**
 * The path of the roles that IAM Identity Center creates. Only AWS can create roles there, while a
 * user can give an own role the name of a permission set's role. Instances outside of us-east-1 add
 * their region:
 * https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
 */
const PERMISSION_SET_PATH = /^aws-reserved\/sso\.amazonaws\.com\/(?:[a-z0-9-]{1,32}\/)?$/;

/**
 * Returns the identity that the claims state. Throws a `Denial` for claims that cannot belong
 * together, and for principals whose claims are not documented. Its message never repeats a claim:
 * none is verified yet, and a reader of the log would take it for a fact.
 */
export function identityOf(claims: AwsClaims, ownPartition: string): VerifiedIdentity {
  const { sub, principal_id: principal = sub, aws_account: account } = claims;
  const match = typeof sub === "string" ? ROLE_OR_USER.exec(sub) : null;
  if (match === null)
    throw denial("identity_impossible", "sub must be the ARN of an IAM role or user");
  const [arn, partition = "", accountId = "", kind, path = "", name = ""] = match;
  if (partition !== ownPartition) {
    throw denial(
      "identity_impossible",
      `sub must be in the partition of this authenticator, ${ownPartition}`,
    );
  }
  if (account !== accountId)
    throw denial("identity_impossible", "aws_account must be the account in sub");
  if (principal !== arn)
    throw denial("token_claim_refused", "principal_id must be the same ARN as sub");
  if (kind === "role" && permissionSetOf(name) !== undefined && !PERMISSION_SET_PATH.test(path)) {
    throw denial(
      "identity_impossible",
      "sub is named like a permission set's role, but lacks the path of IAM Identity Center",
    );
  }
  return {
    kind: kind === "role" ? "role" : "user",
    partition,
    accountId,
    name,
    arn,
    canonicalArn: kind === "role" ? `arn:${partition}:iam::${accountId}:role/${name}` : arn,
    principalId: undefined,
    sessionName: undefined,
    accessKeyId: undefined,
    claims: {
      identityStoreUserId: textClaim(claims["identity_store_user_id"]),
      sourceIdentity: textClaim(claims["source_identity"]),
      principalTags: isObject(claims["principal_tags"]) ? claims["principal_tags"] : {},
    },
  };
}

function textClaim(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
