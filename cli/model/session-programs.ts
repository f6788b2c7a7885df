// The session names that programs give: they do not tell who assumed the role.

import { asciiLowerCase } from "../../functions/lib/text.ts";

/** The session name of `token --role` without another name. */
export const OWN_SESSION_NAME = "iam-authenticator";

/**
 * The programs by the session name in lower case, since IAM ignores case: it is a constant of the
 * program, or a pattern. The names are from the programs' sources, and those of instances from
 * AWS's documentation. A number is the time of the session.
 */
const PROGRAMS: readonly (readonly [name: string | RegExp, program: string])[] = [
  ["eksgettokenauth", "aws eks get-token --role-arn"],
  [OWN_SESSION_NAME, "iam-authenticator token --role"],
  ["githubactions", "aws-actions/configure-aws-credentials"],
  [/^(?:botocore|aws-cli)-session-\d+$/, "the AWS CLI or boto3"],
  // aws-iam-authenticator and Terraform, too. Version 1 of the SDK has only the number.
  [/^(?:aws-go-sdk-\d+|\d{19})$/, "the AWS SDK for Go"],
  [/^aws-sdk-js-(?:session-)?\d+$/, "the AWS SDK for JavaScript"],
  [/^aws-sdk-java-\d+$/, "the AWS SDK for Java"],
  [/^aws-sdk-php-\d+$/, "the AWS SDK for PHP"],
  [/^aws-dotnet-sdk-session-\d+$/, "the AWS SDK for .NET"],
  [
    /^(?:assume-role-from-profile|assume-role-provider|web-identity-token(?:-profile)?)-\d+$/,
    "the AWS SDK for Rust",
  ],
  [/^m?i-(?:[0-9a-f]{8}|[0-9a-f]{17})$/, "a machine's instance profile"],
];

/**
 * Returns the program that gives its sessions this name; `undefined` if the name may be a person's.
 * `isConstant` is whether all its sessions have this name. Otherwise, each session, or each
 * machine, has another one.
 */
export function sessionProgram(sessionName: string) {
  const lower = asciiLowerCase(sessionName);
  const entry = PROGRAMS.find(([name]) =>
    typeof name === "string" ? name === lower : name.test(lower),
  );
  return entry && { program: entry[1], isConstant: typeof entry[0] === "string" };
}
