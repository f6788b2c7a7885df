// `irsa trust-policy`: prints the trust policy of a service account's role.

import {
  providerName,
  subjectProblem,
  type TrustedSubject,
  trustConditions,
} from "../../../functions/issuer/trust-policy.ts";
import { usage } from "../../io/errors.ts";
import { printData } from "../../io/print.ts";
import type { Run } from "../../io/run.ts";

interface TrustPolicyOptions {
  readonly issuer: string;
  readonly awsAccount: string;
  readonly partition: string;
  readonly tokenAudience: string;
  readonly pattern?: true;
}

export async function trustPolicy(
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
