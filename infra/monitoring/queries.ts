// Saved queries of CloudWatch Logs Insights about reviews. The dashboard shows one of them.

import { CfnQueryDefinition, type ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

/** The fields come from functions/authenticator/http/log-entry.ts. Lines of metrics have no `outcome`. */
export const LATEST_REFUSALS = [
  "fields @timestamp, outcome, reason, arn, username, parameter, message",
  'filter outcome in ["denied", "fault", "throttled", "caller_refused"]',
  "sort @timestamp desc",
  "limit 50",
];

const QUERIES: Readonly<Record<string, readonly string[]>> = {
  "Latest denials and faults": LATEST_REFUSALS,
  "Who logged in": [
    'filter outcome = "granted"',
    "stats count(*) as reviews, max(@timestamp) as latest by arn, username",
    "sort reviews desc",
  ],
  "Refusals by identity and reason": [
    'filter outcome = "denied"',
    "stats count(*) as reviews, max(@timestamp) as latest by reason, arn",
    "sort reviews desc",
  ],
  "Reviews by hour and outcome": ["filter ispresent(outcome)", "stats count(*) as reviews by bin(1h), outcome"],
  "Slowest reviews": [
    "fields @timestamp, ms.total, ms.caller, ms.identity, ms.mapping, coldStart, outcome, arn",
    "filter ispresent(ms.total)",
    "sort ms.total desc",
    "limit 50",
  ],
};

/** `folder`: the folder in the console. The queries search only this log group. */
export function saveQueries(scope: Construct, folder: string, log: ILogGroup): void {
  for (const [title, lines] of Object.entries(QUERIES)) {
    new CfnQueryDefinition(scope, `Query${title.replaceAll(" ", "")}`, {
      name: `${folder}/${title}`,
      logGroupNames: [log.logGroupName],
      queryString: lines.join("\n| "),
    });
  }
}
