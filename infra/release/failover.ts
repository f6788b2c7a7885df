// The parameter FailoverUrl decides at deployment what the construct's failoverUrl decides at synth.

import { CfnOutput, Fn, Stack } from "aws-cdk-lib";
import { CfnIntegration } from "aws-cdk-lib/aws-apigatewayv2";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { responseParameters } from "../endpoint/http-endpoint.ts";
import type { IamAuthenticator } from "../iam-authenticator.ts";
import { addAlarm, failing } from "../monitoring/alarms.ts";
import { kubeconfigCommand } from "../outputs.ts";
import { notEmpty } from "./conditions.ts";
import { optionalText } from "./parameters.ts";

/** Replaces the alarm Failing. A condition chooses between alarms more readably than between their properties. */
export const FAILING_WITH_STANDBY = "FailingWithStandby";

export function failoverParameter(
  authenticator: IamAuthenticator,
  endpoint: Endpoint,
  { clusterId, alarmTopic }: { readonly clusterId: string; readonly alarmTopic: ITopic },
): void {
  const stack = Stack.of(authenticator);
  const url = optionalText(stack, "FailoverUrl", {
    description: "Output Endpoint of a standby's stack in another region, which answers while this function fails.",
    allowedPattern: "(https://[a-z0-9.-]+(:[0-9]+)?/authenticate)?",
    constraintDescription: "must be https://<host>/authenticate, or empty.",
  });
  const condition = notEmpty(stack, "FailoverUrl", url);
  for (const child of authenticator.node.findAll()) {
    if (!(child instanceof CfnIntegration)) continue;
    const [redirects, retried] = [responseParameters(url), responseParameters(undefined)];
    child.responseParameters = Fn.conditionIf(condition.logicalId, redirects, retried);
  }
  const { handler, api, mappingPrefix } = authenticator;
  const options = { clusterId, mappingPrefix, endpoint, url: authenticator.url, failoverUrl: url, callers: () => [] };
  const printed = authenticator.node.findChild("KubeconfigCommand") as CfnOutput;
  const redirected = kubeconfigCommand(authenticator, options);
  printed.value = Fn.conditionIf(condition.logicalId, redirected, printed.value).toString();
  addAlarm(authenticator, FAILING_WITH_STANDBY, alarmTopic, failing({ clusterId, handler, api, hasFailover: true }));
  new CfnOutput(authenticator, "FailoverUrl", { value: url, condition });
}
