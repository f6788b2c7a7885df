// The session names that programs give: they do not tell who assumed the role.

import { asciiLowerCase } from "../../functions/lib/text.ts";

export interface SessionProgram {
  /** As a phrase, such as `aws eks get-token --role-arn`. */
  readonly program: string;
  /** Whether all its sessions have the same name. Otherwise, each session, or each machine, has another one. */
  readonly isConstant: boolean;
}

/** The session name of `token --role` without another name. */
export const OWN_SESSION_NAME = "iam-authenticator";

/** In lower case: IAM compares names without regard to case. */
const CONSTANTS: ReadonlyMap<string, string> = new Map([
  // https://github.com/aws/aws-cli/blob/develop/awscli/customizations/eks/get_token.py
  ["eksgettokenauth", "aws eks get-token --role-arn"],
  [OWN_SESSION_NAME, "iam-authenticator token --role"],
  // https://github.com/aws-actions/configure-aws-credentials/blob/main/action.yml
  ["githubactions", "aws-actions/configure-aws-credentials"],
]);

/** From the SDKs' sources, and for instances from AWS's documentation. A number is the time of the session. */
const GENERATED: readonly (readonly [RegExp, string])[] = [
  [/^(?:botocore|aws-cli)-session-\d+$/, "the AWS CLI or boto3"],
  // aws-iam-authenticator and Terraform, too. Version 1 of the SDK has only the number.
  [/^(?:aws-go-sdk-\d+|\d{19})$/, "the AWS SDK for Go"],
  [/^aws-sdk-js-(?:session-)?\d+$/, "the AWS SDK for JavaScript"],
  [/^aws-sdk-java-\d+$/, "the AWS SDK for Java"],
  [/^aws-sdk-php-\d+$/, "the AWS SDK for PHP"],
  [/^aws-dotnet-sdk-session-\d+$/, "the AWS SDK for .NET"],
  [/^(?:assume-role-from-profile|assume-role-provider|web-identity-token(?:-profile)?)-\d+$/, "the AWS SDK for Rust"],
  [/^m?i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, "a machine's instance profile"],
];

/** The program that gives its sessions this name; `undefined` if the name may be a person's. */
export function sessionProgram(sessionName: string): SessionProgram | undefined {
  const name = asciiLowerCase(sessionName);
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return { program: constant, isConstant: true };
  const [, program] = GENERATED.find(([pattern]) => pattern.test(name)) ?? [];
  return program === undefined ? undefined : { program, isConstant: false };
}
