// The alarms that notify: whether logins fail, and whether people are denied. They never stop a
// deployment, since it can be the fix. Also the alarms that roll a new version back, which notify
// no topic, since the deployment reports the rollback.

import { Duration } from "aws-cdk-lib";
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { Alias, IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";
import {
  type Dimension,
  METRICS_NAMESPACE,
  type MetricName,
} from "../../functions/telemetry/metrics.ts";
import packageJson from "../../package.json" with { type: "json" };
import type { Gateway } from "../endpoint/endpoint.ts";

interface Watched {
  readonly clusterId: string;
  readonly handler: IFunction;
  readonly api: Gateway["api"];
  /** Whether faults are redirected instead of returned as 5xx. */
  readonly hasFailover: boolean;
}

interface AlarmOptions extends Watched {
  /** Receives each alarm and its end. */
  readonly topic: ITopic | undefined;
  /**
   * The number of hours without an invocation before the alarm NoReviews. Without it, the alarm is
   * omitted.
   */
  readonly quietHours: number | undefined;
}

type AlarmRule = Required<Pick<AlarmProps, "metric" | "threshold">> & {
  /** What happened. */
  readonly text: string;
  /** Heading of docs/troubleshoot.md, as a link. */
  readonly heading: string;
  readonly periods?: number;
  readonly below?: boolean;
};

/** Creates the alarms that notify. */
export function makeAlarms(scope: Construct, options: AlarmOptions): Alarm[] {
  const { clusterId, handler, topic, quietHours } = options;
  const alarms = [
    addAlarm(scope, "Failing", topic, failing(options)),
    addAlarm(scope, "Refused", topic, {
      text: `The authenticator of the cluster ${clusterId} refuses a quarter of the requests or more: users are denied, or the token of a kube-apiserver is no longer valid.`,
      heading: "refused",
      metric: refused(clusterId, handler),
      threshold: 1,
    }),
  ];
  if (quietHours === undefined) return alarms;
  const noReviews = addAlarm(scope, "NoReviews", topic, {
    text: `No kube-apiserver of the cluster ${clusterId} has sent a review for the hours in quietHours.`,
    heading: "noreviews",
    metric: handler.metricInvocations({ period: Duration.hours(1) }),
    threshold: 1,
    periods: quietHours,
    below: true,
  });
  return [...alarms, noReviews];
}

/** Returns the rule of the alarm Failing. */
export function failing({ clusterId, handler, api, hasFailover }: Watched): AlarmRule {
  const period = Duration.minutes(1);
  const heading = "failing";
  // Also counts requests that never reached the function.
  const answered = api.metricServerError({ period });
  if (!hasFailover) {
    const text = `Logins to the cluster ${clusterId} fail: API Gateway returns 5xx.`;
    return { heading, threshold: 5, text, metric: answered };
  }
  const metric = new MathExpression({
    label: "Reviews that this region cannot answer",
    // Without FILL, the sum would be missing where one of the metrics is. Other faults count twice,
    // but kube-apiserver tries that five times.
    expression: "FILL(answered, 0) + FILL(errors, 0) + FILL(throttles, 0) + FILL(faults, 0)",
    usingMetrics: {
      answered,
      errors: handler.metricErrors({ statistic: Stats.SUM }),
      throttles: handler.metricThrottles({ statistic: Stats.SUM }),
      faults: metricOf("Reviews", { ClusterId: clusterId, Outcome: "fault" }),
    },
    period,
  });
  const text = `The authenticator of the cluster ${clusterId} fails in this region. Its reviews are redirected to failoverUrl, except for faults of STS and crashes.`;
  // A redirected review is one fault, not five tries.
  return { heading, threshold: 2, text, metric };
}

/**
 * Returns 1 if a quarter of the requests is refused, and else 0: if one of three kube-apiservers
 * has an old token, it is a third.
 */
function refused(clusterId: string, handler: IFunction): MathExpression {
  const period = Duration.minutes(5);
  return new MathExpression({
    label: "Requests are refused",
    // Without FILL, periods without a refusal would be missing instead of 0, and CloudWatch would
    // look further back.
    expression: "IF(FILL(refused, 0) >= 5 AND FILL(refused, 0) >= 0.25 * invocations, 1, 0)",
    usingMetrics: {
      refused: metricOf("Refused", { ClusterId: clusterId }).with({ period }),
      invocations: handler.metricInvocations({ period, statistic: Stats.SUM }),
    },
    period,
  });
}

/**
 * Adds an alarm that fires after two bad periods of three, so that a single one raises no alarm.
 * With `below`, all periods must be bad.
 */
export function addAlarm(
  scope: Construct,
  id: string,
  topic: ITopic | undefined,
  rule: AlarmRule,
): Alarm {
  const { text, heading, metric, threshold, periods = 3, below = false } = rule;
  const alarm = new Alarm(scope, id, {
    alarmDescription: `${text} What to do: ${pageUrl(`docs/troubleshoot.md#${heading}`)}`,
    metric,
    threshold,
    evaluationPeriods: periods,
    datapointsToAlarm: below ? periods : 2,
    comparisonOperator: below
      ? ComparisonOperator.LESS_THAN_THRESHOLD
      : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    // No data means no requests, which only an alarm with `below` reports.
    treatMissingData: below ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
  if (topic !== undefined) {
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
  return alarm;
}

/**
 * The time in which the new version receives a tenth of the requests. The sliding window covers all
 * of them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
 */
const CANARY = Duration.minutes(10);

/**
 * Creates the alarms of a new version. With `clusterId`, they also count faults that the function
 * reports itself. A crash or a time-out writes none of our metrics.
 */
export function makeNewVersionAlarms(
  scope: Construct,
  { lambda, version, aliasName }: Alias,
  clusterId?: string,
) {
  const { functionName } = lambda;
  const add = (id: string, what: string, metric: Metric) =>
    new Alarm(scope, id, {
      // The name contains the version, so that each version has a new alarm. An existing alarm
      // keeps its state when it is updated, and CodeDeploy starts no deployment while an alarm
      // fires: a broken version could not be replaced.
      // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
      alarmName: `${functionName}-${id}-${version.version}`,
      alarmDescription: `${what} CodeDeploy rolls it back if it is being deployed. What to do: ${pageUrl("docs/troubleshoot.md#newversion")}`,
      metric: metric.with({ period: CANARY }),
      threshold: 3,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  // `ExecutedVersion`: the version behind the alias.
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  const errors = new Metric({
    namespace: "AWS/Lambda",
    metricName: "Errors",
    statistic: Stats.SUM,
    dimensionsMap: {
      FunctionName: functionName,
      Resource: `${functionName}:${aliasName}`,
      ExecutedVersion: version.version,
    },
  });
  const alarms = [
    add("NewVersionErrors", "A version of the function crashes or times out.", errors),
  ];
  if (clusterId === undefined) return alarms;
  const faults = metricOf("Faults", { ClusterId: clusterId, FunctionVersion: version.version });
  return [
    add("NewVersionFaults", "A version of the function ends reviews with a fault.", faults),
    ...alarms,
  ];
}

/** Returns a metric that the functions write, as its sum per minute. */
export function metricOf(
  metricName: MetricName,
  dimensionsMap: Partial<Record<Dimension, string>>,
): Metric {
  // Has no label, which would turn an alarm's metric into metric math.
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    statistic: Stats.SUM,
    dimensionsMap,
    period: Duration.minutes(1),
  });
}

export interface Manifest {
  readonly version: string;
  /** The only place of the project's address. The first publisher sets it: RELEASING.md. */
  readonly repository?: { readonly url: string };
}

/**
 * Returns the page of this version, or its path in the repository if package.json has no
 * `repository`.
 */
export function pageUrl(path: string, { version, repository }: Manifest = packageJson): string {
  if (repository === undefined) return path;
  const address = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
  return `${address}/blob/v${version}/${path}`;
}
