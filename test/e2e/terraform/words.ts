// Converts CloudFormation properties to arguments of Terraform's AWS provider.

import type { Body } from "./evaluate.ts";

// biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
export type Properties = Record<string, any>;

/**
 * By type, what differs from the properties with other names; `undefined` leaves one out. Each type
 * must be listed.
 */
const CHANGES: Readonly<Record<string, (properties: Properties) => Properties>> = {
  // Only the access log's group has a name in CloudFormation.
  "AWS::Logs::LogGroup": () => ({ LogGroupName: undefined }),
  "AWS::IAM::Role": ({ AssumeRolePolicyDocument: assume_role_policy }) => ({
    AssumeRolePolicyDocument: undefined,
    assume_role_policy,
  }),
  "AWS::IAM::Policy": ({ PolicyDocument: policy, Roles: [role] }) => ({
    ...{ PolicyDocument: undefined, PolicyName: undefined, Roles: undefined },
    ...{ policy, role },
  }),
  "AWS::Lambda::Function": ({ LoggingConfig, Environment, ...properties }) => {
    const { ReservedConcurrentExecutions } = properties;
    // Declared empty so that `sam local` can set them.
    const {
      AWS_ENDPOINT_URL_SSM: _ssm,
      AWS_ENDPOINT_URL_STS: _sts,
      ...variables
    } = Environment.Variables;
    return {
      Code: undefined,
      Environment: [{ variables }],
      LoggingConfig: [renamed(LoggingConfig)],
      ...("ReservedConcurrentExecutions" in properties && {
        ReservedConcurrentExecutions: ReservedConcurrentExecutions
          ? Number(ReservedConcurrentExecutions)
          : null,
      }),
      publish: true,
    };
  },
  // The description makes CloudFormation wait for the gradual deployment.
  "AWS::Lambda::Alias": () => ({
    Description: undefined,
    FunctionVersion: "<aws_lambda_function.authenticator.version>",
  }),
  "AWS::ApiGatewayV2::Api": ({ DisableExecuteApiEndpoint }) => {
    if (DisableExecuteApiEndpoint !== false)
      throw new Error("the module's default endpoint is open");
    return { DisableExecuteApiEndpoint: undefined };
  },
  "AWS::ApiGatewayV2::Integration": ({ ResponseParameters }) => ({
    ResponseParameters:
      ResponseParameters &&
      Object.entries(ResponseParameters as Properties).map(([status_code, changes]) => ({
        status_code,
        mappings: Object.fromEntries(
          changes.ResponseParameters.map(({ Destination, Source }: Properties) => [
            Destination,
            Source,
          ]),
        ),
      })),
  }),
  "AWS::Lambda::Permission": ({ FunctionName, SourceArn }) => {
    // Terraform has separate arguments for function and alias.
    if (FunctionName !== "<aws_lambda_alias.live.arn>")
      throw new Error("the permission is for the alias");
    return {
      FunctionName: "<aws_lambda_function.authenticator.function_name>",
      qualifier: "<aws_lambda_alias.live.name>",
      SourceArn: SourceArn.replace(
        /^arn:.*:(<aws_apigatewayv2_api\.\w+)\.id>/,
        "$1.execution_arn>",
      ),
    };
  },
  "AWS::ApiGatewayV2::Route": () => ({}),
  "AWS::ApiGatewayV2::Stage": ({ AccessLogSettings, DefaultRouteSettings, StageName: name }) => ({
    ...{ StageName: undefined, name },
    AccessLogSettings: [
      {
        destination_arn: "<aws_cloudwatch_log_group.access.arn>",
        format: JSON.parse(AccessLogSettings.Format),
      },
    ],
    DefaultRouteSettings: [renamed(DefaultRouteSettings)],
  }),
  "AWS::CloudWatch::Alarm": ({ Metrics, Dimensions, DatapointsToAlarm, EvaluationPeriods }) => ({
    // It may differ.
    AlarmDescription: undefined,
    // Text if a parameter sets them.
    DatapointsToAlarm: Number(DatapointsToAlarm),
    EvaluationPeriods: Number(EvaluationPeriods),
    ...(Metrics === undefined
      ? { Dimensions: dimensions(Dimensions) }
      : { Metrics: undefined, metric_query: Metrics.map(metricQuery) }),
  }),
  "AWS::IAM::OIDCProvider": () => ({}),
  // Terraform has no name for its own stack.
  "AWS::SSM::Parameter": ({ Value }) => ({
    Description: undefined,
    Tags: undefined,
    Value: JSON.parse(Value),
  }),
  "AWS::SNS::Topic": () => ({}),
  "AWS::SNS::Subscription": () => ({}),
};

export function argumentsOf(type: string, properties: Properties): Body {
  const changes = CHANGES[type];
  if (changes === undefined) throw new Error(`unsupported type ${type}`);
  return renamed({ ...properties, ...changes(properties) });
}

/** `OKActions` becomes `ok_actions`. */
function renamed(properties: Properties): Body {
  const words = (name: string) =>
    name.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [words(name), value]));
}

function metricQuery({ MetricStat, ...query }: Properties): Body {
  if (MetricStat === undefined) return renamed(query);
  const { Metric, ...rest } = MetricStat;
  return {
    id: query["Id"],
    metric: [renamed({ ...Metric, ...rest, Dimensions: dimensions(Metric.Dimensions) })],
  };
}

function dimensions(list: readonly { readonly Name: string; readonly Value: string }[]): Body {
  return Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));
}
