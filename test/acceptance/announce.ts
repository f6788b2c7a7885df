// The announcement before a run: created resources, costs, duration, and what stays unchanged.

import type { Check } from "./check.ts";
import type { Account } from "./identities.ts";
import { TAG } from "./stacks.ts";

const REMOVAL_MINUTES = 5;

export function announcement(
  { id }: Pick<Account, "id">,
  region: string,
  clusterId: string,
  checks: readonly Check[],
  keep: boolean,
): string {
  const minutes = checks.reduce((sum, check) => sum + check.minutes, REMOVAL_MINUTES);
  const end = keep
    ? `It keeps these resources. To remove them:  npm run acceptance -- --region ${region} --remove ${clusterId}`
    : "It removes these resources at the end, also after Ctrl-C or a failure.";
  return `Acceptance run ${clusterId} in account ${id}, ${region}

Checks:  ${checks.map(({ number, title }) => `${number} ${title}`).join("; ")}
Creates: CloudFormation stacks with ${clusterId} in their names (functions, HTTP APIs, log groups, alarms, dashboards, roles;
         with check 8 an OIDC provider), the roles ${clusterId} and ${clusterId}-pod, the user ${clusterId} with an access
         key, a bucket, and parameters below /iam-authenticator/${clusterId}. All except the parameters have
         the tag ${TAG}.
Time:    about ${minutes} minutes. This is an estimate: no run on AWS has been measured yet.
Cost:    less than 1 USD at list prices (see test/acceptance/README.md).
It does not change account settings. Zips stay in the bucket of cdk bootstrap, as after every cdk deploy.
${end}
`;
}
