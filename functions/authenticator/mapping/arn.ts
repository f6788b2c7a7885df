// ARNs of mappings: parses one and compares it with an identity, and matches ARN patterns as IAM's
// ArnLike does: in each of the six sections, `*` is any text and `?` one character.

import { asciiLowerCase, quoted } from "../../lib/text.ts";
import type { VerifiedIdentity } from "../identity/identity.ts";

export interface MappedArn {
  readonly partition: string;
  readonly accountId: string;
  readonly kind: VerifiedIdentity["kind"];
  /**
   * Without path, since names are unique in an account. In lower case, except for a federated user.
   */
  readonly name: string;
}

const ROLE_OR_USER = /^arn:([a-z-]+):iam::(\d{12}):(role|user)\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]+)$/;

const ROOT = /^arn:([a-z-]+):iam::(\d{12}):(root)$/;

const FEDERATED_USER = /^arn:([a-z-]+):sts::(\d{12}):(federated-user)\/([\w+=,.@-]+)$/;

/** Returns `undefined` for text that is not the ARN of a role, user, root or federated user. */
export function parseMappedArn(arn: string): MappedArn | undefined {
  const lowerCase = asciiLowerCase(arn);
  const match = ROLE_OR_USER.exec(lowerCase) ?? ROOT.exec(lowerCase) ?? FEDERATED_USER.exec(arn);
  if (match === null) return undefined;
  const [, partition = "", accountId = "", kind = "", name = ""] = match;
  return { partition, accountId, kind: kind as MappedArn["kind"], name };
}

/** Returns whether it is the ARN of this identity. */
export function isArnOf(mapped: MappedArn, identity: VerifiedIdentity): boolean {
  const name = identity.kind === "federated-user" ? identity.name : asciiLowerCase(identity.name);
  return (
    mapped.partition === identity.partition &&
    mapped.accountId === identity.accountId &&
    mapped.kind === identity.kind &&
    mapped.name === name
  );
}

/**
 * In lower case: `arn`, partition, service, region, account, resource. Only the resource may
 * contain colons.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
export type ArnSections = readonly [string, string, string, string, string, string];

/** Returns the sections of an ARN or pattern; `undefined` for text with fewer of them. */
export function arnSections(text: string): ArnSections | undefined {
  const match = /^([^:]*):([^:]*):([^:]*):([^:]*):([^:]*):(.*)/s.exec(asciiLowerCase(text));
  if (match === null) return undefined;
  const [, arn = "", partition = "", service = "", region = "", account = "", resource = ""] =
    match;
  return [arn, partition, service, region, account, resource];
}

/**
 * Returns a phrase about a second ARN in the text; `undefined` if there is none. Commands, files
 * and the construct reject it; the function accepts it, since an IAM path may contain one, and
 * rejecting a stored denial would deny every identity that its list covers.
 */
export function secondArnProblem(arn: unknown): string | undefined {
  const second = typeof arn === "string" && /^arn:.*?[^a-z](arn:.*)/is.exec(arn)?.[1];
  return second
    ? `a second ARN, ${quoted(second)}, follows the first: give each ARN separately`
    : undefined;
}

/** Returns the sections of a pattern; `undefined` if it is not an ARN pattern. */
export function arnPattern(pattern: string): ArnSections | undefined {
  return asciiLowerCase(pattern).startsWith("arn:") ? arnSections(pattern) : undefined;
}

/**
 * Returns whether an ARN matches a pattern. Ignores case. False if either is not an ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function matchesArnLike(pattern: string, arn: string): boolean {
  return matchesSections(arnPattern(pattern), arnSections(arn));
}

/** Does the same as `matchesArnLike`, for a pattern or ARN that is compared more than once. */
export function matchesSections(
  pattern: ArnSections | undefined,
  arn: ArnSections | undefined,
): boolean {
  if (pattern === undefined || arn === undefined) return false;
  return pattern.every((section, index) => matchesGlob(section, arn[index] ?? ""));
}

/**
 * Returns whether a text matches a pattern with `*` and `?`. Extends only the last `*`, since
 * extending an earlier one cannot help. There is no recursion and no regular expression, so the
 * work is at most the product of the two lengths for any value.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (pattern[p] === "*") {
      star = p;
      starText = t;
      p += 1;
    } else if (pattern[p] === "?" || pattern[p] === text[t]) {
      p += 1;
      t += 1;
    } else if (star >= 0) {
      starText += 1;
      t = starText;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p += 1;
  return p === pattern.length;
}
