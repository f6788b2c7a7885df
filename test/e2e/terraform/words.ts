// Converts CloudFormation properties to arguments of Terraform's AWS provider, for each resource type of the module.

import type { Body } from "./evaluate.ts";

// biome-ignore lint/suspicious/noExplicitAny: properties of any resource type
export type Properties = Record<string, any>;

/** Every property must be listed, so that a new property of the template fails the test. */
export const WORDS: Readonly<Record<string, (properties: Properties) => Body>> = {
  // Only the access log's group has a name in CloudFormation.
  "AWS::Logs::LogGroup": ({ RetentionInDays, LogGroupName: _, ...rest }) =>
    none(rest, { retention_in_days: RetentionInDays }),
  "AWS::IAM::Role": ({ AssumeRolePolicyDocument, ...rest }) =>
    none(rest, { assume_role_policy: AssumeRolePolicyDocument }),
  "AWS::IAM::Policy": ({ PolicyDocument, PolicyName: _, Roles, ...rest }) =>
    none(rest, { policy: PolicyDocument, role: Roles[0] }),
  "AWS::Lambda::Function": ({ Code: _, LoggingConfig, Environment, ...rest }) => {
    const { Architectures, Description, Handler, MemorySize, Role, Runtime, Timeout, ...more } = rest;
    const { ReservedConcurrentExecutions, ...others } = more;
    // Declared empty so that `sam local` can set them.
    const { AWS_ENDPOINT_URL_SSM: _ssm, AWS_ENDPOINT_URL_STS: _sts, ...variables } = Environment.Variables;
    return none(others, {
      architectures: Architectures,
      description: Description,
      environment: [{ variables }],
      handler: Handler,
      logging_config: [
        {
          log_format: LoggingConfig.LogFormat,
          log_group: LoggingConfig.LogGroup,
          system_log_level: LoggingConfig.SystemLogLevel,
        },
      ],
      memory_size: MemorySize,
      reserved_concurrent_executions: ReservedConcurrentExecutions ? Number(ReservedConcurrentExecutions) : null,
      role: Role,
      runtime: Runtime,
      timeout: Timeout,
      publish: true,
    });
  },
  // The description makes CloudFormation wait for the gradual deployment.
  "AWS::Lambda::Alias": ({ Name, FunctionName, FunctionVersion: _, Description: __, ...rest }) =>
    none(rest, {
      name: Name,
      function_name: FunctionName,
      function_version: "<aws_lambda_function.authenticator.version>",
    }),
  "AWS::ApiGatewayV2::Api": ({ Name, ProtocolType, DisableExecuteApiEndpoint, ...rest }) => {
    if (DisableExecuteApiEndpoint !== false) throw new Error("the module's default endpoint is open");
    return none(rest, { name: Name, protocol_type: ProtocolType });
  },
  "AWS::ApiGatewayV2::Integration": ({ ApiId, IntegrationType, IntegrationUri, PayloadFormatVersion, ...more }) => {
    const { ResponseParameters, ...rest } = more;
    return none(rest, {
      api_id: ApiId,
      integration_type: IntegrationType,
      integration_uri: IntegrationUri,
      payload_format_version: PayloadFormatVersion,
      response_parameters: Object.entries(ResponseParameters as Properties).map(([status_code, changes]) => ({
        status_code,
        mappings: Object.fromEntries(
          changes.ResponseParameters.map(({ Destination, Source }: Properties) => [Destination, Source]),
        ),
      })),
    });
  },
  "AWS::Lambda::Permission": ({ Action, FunctionName, Principal, SourceArn, ...rest }) => {
    // Terraform has separate arguments for function and alias.
    if (FunctionName !== "<aws_lambda_alias.live.arn>") throw new Error("the permission is for the alias");
    const api = SourceArn.replace(/^arn:.*:(<aws_apigatewayv2_api\.\w+)\.id>/, "$1.execution_arn>");
    return none(rest, {
      action: Action,
      function_name: "<aws_lambda_function.authenticator.function_name>",
      qualifier: "<aws_lambda_alias.live.name>",
      principal: Principal,
      source_arn: api,
    });
  },
  "AWS::ApiGatewayV2::Route": ({ ApiId, AuthorizationType, RouteKey, Target, ...rest }) =>
    none(rest, { api_id: ApiId, authorization_type: AuthorizationType, route_key: RouteKey, target: Target }),
  "AWS::ApiGatewayV2::Stage": ({ AccessLogSettings, ApiId, AutoDeploy, DefaultRouteSettings, StageName, ...rest }) =>
    none(rest, {
      api_id: ApiId,
      auto_deploy: AutoDeploy,
      name: StageName,
      access_log_settings: [
        { destination_arn: "<aws_cloudwatch_log_group.access.arn>", format: JSON.parse(AccessLogSettings.Format) },
      ],
      default_route_settings: [
        {
          throttling_burst_limit: DefaultRouteSettings.ThrottlingBurstLimit,
          throttling_rate_limit: DefaultRouteSettings.ThrottlingRateLimit,
        },
      ],
    }),
  "AWS::CloudWatch::Alarm": alarm,
  "AWS::SNS::Topic": (rest) => none(rest, {}),
  "AWS::SNS::Subscription": ({ Endpoint, Protocol, TopicArn, ...rest }) =>
    none(rest, { endpoint: Endpoint, protocol: Protocol, topic_arn: TopicArn }),
};

/** Alarm descriptions may differ. */
function alarm({ AlarmDescription: _, Metrics, Dimensions, ...rest }: Properties): Body {
  const { AlarmActions, OKActions, ComparisonOperator, DatapointsToAlarm, EvaluationPeriods, ...more } = rest;
  const { Threshold, TreatMissingData, Namespace, MetricName, Period, Statistic, ...others } = more;
  const common = {
    alarm_actions: AlarmActions,
    ok_actions: OKActions,
    comparison_operator: ComparisonOperator,
    // Text if a parameter sets them.
    datapoints_to_alarm: Number(DatapointsToAlarm),
    evaluation_periods: Number(EvaluationPeriods),
    threshold: Threshold,
    treat_missing_data: TreatMissingData,
  };
  if (Metrics !== undefined) return none(others, { ...common, metric_query: Metrics.map(metricQuery) });
  return none(others, {
    ...common,
    namespace: Namespace,
    metric_name: MetricName,
    dimensions: dimensions(Dimensions),
    period: Period,
    statistic: Statistic,
  });
}

function metricQuery({ Id, Expression, Label, ReturnData, MetricStat }: Properties): Body {
  if (MetricStat === undefined) return { id: Id, expression: Expression, label: Label, return_data: ReturnData };
  const { Metric, Period, Stat } = MetricStat;
  const { Namespace, MetricName, Dimensions } = Metric;
  return {
    id: Id,
    metric: [
      { namespace: Namespace, metric_name: MetricName, dimensions: dimensions(Dimensions), period: Period, stat: Stat },
    ],
  };
}

function dimensions(list: readonly { readonly Name: string; readonly Value: string }[]): Body {
  return Object.fromEntries(list.map(({ Name, Value }) => [Name, Value]));
}

function none(rest: Properties, words: Body): Body {
  if (Object.keys(rest).length > 0) throw new Error(`not compared: ${Object.keys(rest).join(", ")}`);
  return words;
}
