// What a run says before it begins: what it creates, what that costs, how long it takes, and what it leaves alone.

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
    ? `It leaves everything. Remove it with: npm run acceptance -- --region ${region} --remove ${clusterId}`
    : "It removes all of that at the end, also after Ctrl-C or a failure.";
  return `Acceptance run ${clusterId} in account ${id}, ${region}

Checks:  ${checks.map(({ number, title }) => `${number} ${title}`).join("; ")}
Creates: CloudFormation stacks with ${clusterId} in their names (functions, HTTP APIs, log groups, alarms, dashboards, roles;
         with check 8 an OIDC provider), the roles ${clusterId} and ${clusterId}-pod, the user ${clusterId} with an access
         key, a bucket, and parameters below /iam-authenticator/${clusterId}. Each has the tag ${TAG}, but
         for the parameters.
Time:    about ${minutes} minutes. This is an estimate: no run on AWS was measured yet.
Cost:    less than 1 USD at list prices (docs/acceptance.md has the sum).
It changes no setting of the account. Zips stay in the bucket of cdk bootstrap, as after every cdk deploy.
${end}
`;
}
