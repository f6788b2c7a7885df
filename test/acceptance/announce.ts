// The announcement before a run: created resources, costs, duration, and what stays unchanged.

import type { Check } from "./runner.ts";
import { DISABLE, ENABLE } from "./signed-tokens.ts";
import { TAG } from "./stacks.ts";

const REMOVAL_MINUTES = 5;

export function announcement(
  account: string,
  region: string,
  clusterId: string,
  checks: readonly Check[],
  /** `limit`: the account's concurrent executions. */
  { keep, enableSigning, limit }: { keep: boolean; enableSigning: boolean | undefined; limit: string },
): string {
  const minutes = checks.reduce((sum, check) => sum + check.minutes, REMOVAL_MINUTES);
  const end = keep
    ? `It keeps these resources. To remove them:  npm run acceptance -- --region ${region} --remove ${clusterId}`
    : "It removes these resources at the end, also after Ctrl-C or a failure.";
  const settings =
    enableSigning && checks.some(({ needsSigning }) => needsSigning)
      ? `If the account does not sign tokens, the run enables it (${ENABLE}), which is a setting of the account.
It stays enabled. To disable it:  ${DISABLE}
It does not change other account settings.`
      : "It does not change account settings.";
  return `Acceptance run ${clusterId} in account ${account}, ${region}

Checks:  ${checks.map(({ number, title }) => `${number} ${title}`).join("; ")}
Creates: CloudFormation stacks with ${clusterId} in their names (functions, HTTP APIs, log groups, alarms, dashboards, roles;
         with check 8 an OIDC provider), the roles ${clusterId}, ${clusterId}-pod and
         ${clusterId}-jwt, the user ${clusterId} with an access key, a bucket, and parameters below
         /iam-authenticator/${clusterId}. All except the parameters have the tag ${TAG}.
Time:    about ${minutes} minutes. This is an estimate: no run on AWS has been measured yet.
         Credentials must remain valid for as long. A role's session lasts an hour by default, and 12 hours at most.
Limit:   ${limit}
Cost:    less than 1 USD at list prices (see test/acceptance/README.md).
${settings} Zips stay in the bucket of cdk bootstrap, as after every cdk deploy.
${end}
`;
}
