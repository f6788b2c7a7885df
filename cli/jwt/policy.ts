// `jwt policy`: prints the IAM policies for AWS-signed tokens.

import type { Command } from "commander";
import { jwtAudience, MAX_LIFETIME_SECONDS } from "../../functions/authenticator/jwt/issuer.ts";
import { describe } from "../command.ts";
import { usage } from "../errors.ts";
import { CLUSTER, collect, withOptions } from "../options.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printData } from "../terminal/print.ts";

interface PolicyOptions {
  readonly cluster: string;
  readonly scp?: true;
  readonly principal?: readonly string[];
}

const PRINCIPAL = /^(arn:[a-z-]+:iam::[\d*?]+:(?:role|user)\/)(.+)$/;

export function policyCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    details:
      "Prints a policy that allows a role or user to get AWS-signed tokens for the cluster. With --scp, prints a service " +
      "control policy that denies them to all other principals of member accounts. They have an effect only if the " +
      "function has TOKENS=jwt, since no policy can deny a k8s-aws-v1. token. To require MFA, use the trust policy of the " +
      "role: a session of AssumeRole has no MFA of its own.",
    examples: [
      "iam-authenticator jwt policy -c prod > policy.json",
      "iam-authenticator jwt policy -c prod --scp --principal 'arn:aws:iam::*:role/Developers' > scp.json",
    ],
  });
  return withOptions(command, CLUSTER)
    .option("--scp", "print a service control policy, which denies")
    .option("--principal <arn>", "with --scp: who may get tokens (may be repeated; * and ? are wildcards)", collect)
    .action(async ({ cluster, scp, principal }: PolicyOptions) => {
      if (!scp && principal !== undefined) {
        throw usage("--principal needs --scp: attach the other policy to the roles and users that may get tokens.");
      }
      const wrong = principal?.find((arn) => !PRINCIPAL.test(arn));
      if (wrong !== undefined) {
        throw usage(`${wrong} is not the ARN of a role or user, such as arn:aws:iam::*:role/Developers.`);
      }
      if (scp && principal === undefined) {
        throw usage("--scp needs --principal: otherwise it would deny the tokens to all principals.");
      }
      const audience = jwtAudience(cluster);
      const statement = principal === undefined ? allowance(audience) : denial(audience, principal.flatMap(withPath));
      await printData({ Version: "2012-10-17", Statement: [statement] }, "json", io);
      if (scp) io.log("This policy does not apply to the organization's management account.\n");
    });
}

/**
 * `aws:PrincipalArn` contains the path, and names are unique in an account: a name without a path applies with any, such as
 * that of permission sets (`aws-reserved/sso.amazonaws.com/`).
 */
function withPath(arn: string): string[] {
  const [, kind = "", name = ""] = PRINCIPAL.exec(arn) ?? [];
  return name.includes("/") ? [arn] : [arn, `${kind}*/${name}`];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-sts */
const AUDIENCE = "sts:IdentityTokenAudience";
const ACTION = "sts:GetWebIdentityToken";

function allowance(audience: string): object {
  return {
    Sid: "SignTokensForTheCluster",
    Effect: "Allow",
    Action: ACTION,
    Resource: "*",
    Condition: {
      // Exactly this audience: ForAllValues alone also holds without any.
      "ForAllValues:StringEquals": { [AUDIENCE]: audience },
      Null: { [AUDIENCE]: "false" },
      NumericLessThanEquals: { "sts:DurationSeconds": String(MAX_LIFETIME_SECONDS) },
    },
  };
}

function denial(audience: string, principals: readonly string[]): object {
  return {
    Sid: "OnlyThesePrincipals",
    Effect: "Deny",
    Action: ACTION,
    Resource: "*",
    Condition: {
      "ForAnyValue:StringEquals": { [AUDIENCE]: audience },
      ArnNotLike: { "aws:PrincipalArn": principals },
    },
  };
}
