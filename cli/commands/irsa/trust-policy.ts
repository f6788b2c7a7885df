// `irsa trust-policy`: prints the trust policy of a service account's role.

import { type Command, InvalidArgumentError, Option } from "commander";
import { PARTITIONS } from "../../../functions/aws/partitions.ts";
import {
  providerName,
  subjectProblem,
  type TrustedSubject,
  trustConditions,
} from "../../../functions/issuer/trust-policy.ts";
import { describe } from "../../cmdline/define.ts";
import { usage } from "../../io/errors.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";
import { STS_AUDIENCE } from "../../kube/objects.ts";
import { readAudience, readIssuer } from "./flags.ts";

interface TrustPolicyOptions {
  readonly issuer: string;
  readonly awsAccount: string;
  readonly partition: string;
  readonly tokenAudience: string;
  readonly pattern?: true;
}

export function trustPolicyCommand(command: Command, run: Run): Command {
  return describe(command, {
    details:
      "The policy allows one service account in one namespace. With --pattern, both names may contain * and ?.",
    examples: [
      "irsa trust-policy team-a/reader --aws-account 111122223333 \\\n" +
        "    --issuer https://abc.execute-api.eu-west-1.amazonaws.com > trust-policy.json",
    ],
  })
    .argument("<name>", "the service account, as namespace/name", readSubject)
    .requiredOption("--issuer <url>", "issuer URL: the stack's output IssuerUrl", readIssuer)
    .requiredOption("--aws-account <id>", "account of the role and the OIDC provider", readAccount)
    .addOption(
      new Option("--partition <name>", "AWS partition")
        .choices(PARTITIONS.map(({ id }) => id))
        .default("aws"),
    )
    .option("--token-audience <audience>", "audience of the tokens", readAudience, STS_AUDIENCE)
    .option(
      "--pattern",
      "allow * and ?: anyone who can create a matching service account gets the role",
    )
    .action((subject: TrustedSubject, options: TrustPolicyOptions) =>
      trustPolicy(subject, options, run),
    );
}

async function trustPolicy(
  subject: TrustedSubject,
  { issuer, awsAccount, partition, tokenAudience, pattern }: TrustPolicyOptions,
  run: Run,
): Promise<void> {
  const problem = subjectProblem(subject, pattern ?? false);
  if (problem !== undefined) {
    const hint = problem.isPattern ? " (--pattern allows it)" : "";
    throw usage(`The ${problem.phrase}${hint}.`);
  }
  const statement = {
    Effect: "Allow",
    Principal: {
      Federated: `arn:${partition}:iam::${awsAccount}:oidc-provider/${providerName(issuer)}`,
    },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: trustConditions(issuer, subject, tokenAudience),
  };
  await printData({ Version: "2012-10-17", Statement: [statement] }, "json", run);
}

function readSubject(text: string): TrustedSubject {
  const [namespace = "", name, ...rest] = text.split("/");
  if (name !== undefined && rest.length === 0) return { namespace, name };
  throw new InvalidArgumentError("It must be a namespace and a name, such as team-a/reader.");
}

function readAccount(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be 12 digits.");
}
