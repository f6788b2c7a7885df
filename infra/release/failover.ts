// The parameter FailoverUrl decides at deployment what the construct's failoverUrl decides at synth.

import { CfnOutput, Fn, Stack } from "aws-cdk-lib";
import { CfnIntegration } from "aws-cdk-lib/aws-apigatewayv2";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { FAILOVER_URL } from "../endpoint/check-endpoint.ts";
import type { Endpoint } from "../endpoint/endpoint.ts";
import { responseParameters } from "../endpoint/http-endpoint.ts";
import type { IamAuthenticator } from "../iam-authenticator.ts";
import { addAlarm, failing } from "../monitoring/alarms.ts";
import { kubeconfigCommand } from "../outputs.ts";
import { notEmpty } from "./conditions.ts";
import { optionalText } from "./parameters.ts";

/** Replaces the alarm Failing. A condition chooses between alarms more readably than between their properties. */
export const FAILING_WITH_STANDBY = "FailingWithStandby";

/** Returns the parameter's value, which is a setting of the function. */
export function failoverParameter(
  authenticator: IamAuthenticator,
  endpoint: Endpoint,
  { clusterId, alarmTopic }: { readonly clusterId: string; readonly alarmTopic: ITopic },
): string {
  const stack = Stack.of(authenticator);
  const url = optionalText(stack, "FailoverUrl", {
    description: "Output Endpoint of a standby's stack in another region, which answers while this function fails.",
    allowedPattern: `(${FAILOVER_URL.source})?`,
    maxLength: 300,
    constraintDescription: "must be https://<host>/authenticate with a host name that contains a dot, or empty.",
  });
  const condition = notEmpty(stack, "FailoverUrl", url);
  for (const child of authenticator.node.findAll()) {
    if (child instanceof CfnFunction && !child.node.path.includes("DeploymentCheck"))
      child.addPropertyOverride("Environment.Variables.FAILOVER_URL", url);
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
  return url;
}
