// Parses the ARN of a mapping and compares it with an identity.

import { asciiLowerCase } from "../../lib/ascii-lower-case.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";

export interface MappedArn {
  readonly partition: string;
  readonly accountId: string;
  readonly kind: VerifiedIdentity["kind"];
  /** Without path, since names are unique in an account. In lower case, except for a federated user. */
  readonly name: string;
}

const ROLE_OR_USER = /^arn:([a-z-]+):iam::(\d{12}):(role|user)\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]+)$/;
const ROOT = /^arn:([a-z-]+):iam::(\d{12}):(root)$/;
const FEDERATED_USER = /^arn:([a-z-]+):sts::(\d{12}):(federated-user)\/([\w+=,.@-]+)$/;

/** `undefined` if it is not the ARN of a role, user, root or federated user. */
export function parseMappedArn(arn: string): MappedArn | undefined {
  const lowerCase = asciiLowerCase(arn);
  const match = ROLE_OR_USER.exec(lowerCase) ?? ROOT.exec(lowerCase) ?? FEDERATED_USER.exec(arn);
  if (match === null) return undefined;
  const [, partition = "", accountId = "", kind = "", name = ""] = match;
  return { partition, accountId, kind: kind as MappedArn["kind"], name };
}

export function isArnOf(mapped: MappedArn, identity: VerifiedIdentity): boolean {
  const name = identity.kind === "federated-user" ? identity.name : asciiLowerCase(identity.name);
  return (
    mapped.partition === identity.partition &&
    mapped.accountId === identity.accountId &&
    mapped.kind === identity.kind &&
    mapped.name === name
  );
}
