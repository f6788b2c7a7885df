// `jwt policy`: prints the IAM policies for AWS-signed tokens.

import type { Command } from "commander";
import { jwtAudience, MAX_LIFETIME_SECONDS } from "../../functions/authenticator/jwt/issuer.ts";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { addCluster, collect } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";

interface PolicyOptions {
  readonly cluster: string;
  readonly mfa?: boolean;
  readonly scp?: true;
  readonly principal?: readonly string[];
}

export function policyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Prints a policy that allows a role or user to get AWS-signed tokens for the cluster. With --scp, prints a service " +
      "control policy that denies them to all other principals. They have an effect only if the function has TOKENS=jwt, since " +
      "no policy can deny a k8s-aws-v1. token. Sessions of IAM Identity Center and sessions that another role assumed " +
      "have no MFA of IAM: do not use --mfa for them.",
    examples: [
      "iam-authenticator jwt policy -c prod --mfa > policy.json",
      "iam-authenticator jwt policy -c prod --scp --principal 'arn:aws:iam::*:role/Developers' > scp.json",
    ],
  });
  return addCluster(command)
    .option("--mfa", "only for sessions with MFA")
    .option("--scp", "print a service control policy, which denies")
    .option("--principal <arn>", "with --scp: who may get tokens (may be repeated; * and ? are wildcards)", collect)
    .action(async ({ cluster, mfa = false, scp, principal }: PolicyOptions) => {
      if (!scp && principal !== undefined) {
        throw usage("--principal needs --scp: attach the other policy to the roles and users that may get tokens.");
      }
      const wrong = principal?.find((arn) => !/^arn:[a-z-]+:iam::[\d*?]+:(?:role|user)\/.+$/.test(arn));
      if (wrong !== undefined) {
        throw usage(`${wrong} is not the ARN of a role or user, such as arn:aws:iam::*:role/Developers.`);
      }
      if (scp && !mfa && principal === undefined) {
        throw usage("--scp needs --mfa or --principal: otherwise it would deny the tokens to all principals.");
      }
      const audience = jwtAudience(cluster);
      const statements = scp ? denials(audience, principal, mfa) : [allowance(audience, mfa)];
      await printData({ Version: "2012-10-17", Statement: statements }, "json", io);
    });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts */
const AUDIENCE = "sts:IdentityTokenAudience";
const ACTION = "sts:GetWebIdentityToken";

function allowance(audience: string, mfa: boolean): object {
  return {
    Sid: "SignTokensForTheCluster",
    Effect: "Allow",
    Action: ACTION,
    Resource: "*",
    Condition: {
      // A request has at least one audience, so this requires exactly this one.
      "ForAllValues:StringEquals": { [AUDIENCE]: audience },
      NumericLessThanEquals: { "sts:DurationSeconds": String(MAX_LIFETIME_SECONDS) },
      ...(mfa && { Bool: { "aws:MultiFactorAuthPresent": "true" } }),
    },
  };
}

/** One statement for each requirement: a statement applies only if all its conditions hold. */
function denials(audience: string, principals: readonly string[] | undefined, mfa: boolean): object[] {
  const statement = (Sid: string, condition: object) => ({
    Sid,
    Effect: "Deny",
    Action: ACTION,
    Resource: "*",
    Condition: { "ForAnyValue:StringEquals": { [AUDIENCE]: audience }, ...condition },
  });
  return [
    ...(principals === undefined
      ? []
      : [statement("OnlyThesePrincipals", { ArnNotLike: { "aws:PrincipalArn": [...principals] } })]),
    // IfExists: requests with long-term keys do not have this condition key.
    ...(mfa ? [statement("OnlyWithMfa", { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } })] : []),
  ];
}
