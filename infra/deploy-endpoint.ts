// Creates an endpoint with its function, alarms and safe deployment.

import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { checkEndpoint, checkFailoverUrl } from "./check-props.ts";
import { defaultThrottle, logSettings } from "./common-props.ts";
import type { Endpoint } from "./endpoint/endpoint.ts";
import { serveHttp } from "./endpoint/http-endpoint.ts";
import { servePrivately } from "./endpoint/private-endpoint.ts";
import { deploySafely, makeDeploymentCheck } from "./function/deployment.ts";
import { checkedPrefix, functionEnvironment } from "./function/environment.ts";
import { makeFunction } from "./function/function.ts";
import { makeAlarms, makeNewVersionAlarms } from "./monitoring/alarms.ts";
import type { IamAuthenticatorProps } from "./props.ts";

/**
 * Deploys an endpoint. Each kind has separate logical ids and a separate function: CloudFormation
 * cannot convert one kind of API into another, and while kube-apiserver still calls the former
 * endpoint, its function needs the former CALLER_AUTH.
 */
export function deployEndpoint(
  construct: Construct,
  endpoint: Endpoint,
  props: IamAuthenticatorProps,
  topic: ITopic | undefined,
) {
  const { clusterId, safeDeployments = true, failoverUrl } = props;
  checkEndpoint(construct, endpoint);
  if (failoverUrl !== undefined) checkFailoverUrl(construct, endpoint, failoverUrl);
  const scope =
    endpoint.kind === "http" ? construct : new Construct(construct, SCOPES[endpoint.kind]);
  const logs = logSettings(scope, props);
  const environment = functionEnvironment(scope, props, endpoint);
  const mappingPrefix = checkedPrefix(scope, environment);
  const { authenticator, live, log, role } = makeFunction(scope, props, {
    mappingPrefix,
    environment,
    logs,
  });
  // CDK's types conflict under exactOptionalPropertyTypes.
  const handler = live as IFunction;
  const options = {
    name: `iam-authenticator-${clusterId}`,
    handler,
    throttle: props.throttle ?? defaultThrottle(props.reservedConcurrency),
    logs,
    failoverUrl,
  };
  const gateway =
    endpoint.kind === "private"
      ? servePrivately(scope, endpoint, options)
      : serveHttp(scope, endpoint, options);

  const { quietHours } = props;
  const watched = { clusterId, handler, api: gateway.api, hasFailover: failoverUrl !== undefined };
  const alarms = props.alarms === false ? [] : makeAlarms(scope, { ...watched, topic, quietHours });
  if (safeDeployments) {
    const check = makeDeploymentCheck(scope, {
      authenticator,
      aliasName: live.aliasName,
      clusterId,
      environment,
      mappingPrefix,
      compareStoredValues: props.compareStoredValues ?? true,
      logs,
    });
    deploySafely(scope, live, check as IFunction, makeNewVersionAlarms(scope, live, clusterId));
  }
  const { functionName } = live.lambda;
  return { ...gateway, handler, live, environment, mappingPrefix, functionName, log, role, alarms };
}

const SCOPES = { mtls: "Mtls", private: "Private" };
