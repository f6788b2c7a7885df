// The props that the constructs of the authenticator and of the issuer share, their defaults, and
// the settings of every log group. The defaults are also those of a release's templates. The
// throttles were measured: test/bench/README.md, "Load spikes".

import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Architecture } from "aws-cdk-lib/aws-lambda";
import { type LogGroupProps, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Construct } from "constructs";

export interface CommonProps {
  /**
   * The id that tokens are signed for: 1 to 100 letters, digits, `_`, `.` and `-`; the first is a
   * letter or a digit.
   */
  readonly clusterId: string;

  /**
   * Prefix of the mappings' names in Parameter Store.
   *
   * @default - `/iam-authenticator/<clusterId>`
   */
  readonly mappingPrefix?: string;

  /**
   * Logs requests of this level or higher. Metrics are always written.
   *
   * @default "info"
   */
  readonly logLevel?: "debug" | "info" | "warn" | "error";

  /**
   * Processor architecture of the function. `sam local` needs the host's.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;

  /**
   * Memory of the function, in MB. More memory also gives more CPU: see docs/performance.md.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * How long the function's log and the endpoint's access log are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;

  /**
   * Encrypts the function's log and the endpoint's. The construct allows CloudWatch Logs to use a
   * key of the app. Another key's policy must already allow it.
   *
   * @default - the key of CloudWatch Logs
   */
  readonly encryptionKey?: IKey;

  /**
   * Creates the alarms that notify. The alarms that roll a new version back belong to
   * `safeDeployments`.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /**
   * SNS topic that alarms notify. Without a topic and an address, alarms are only visible in
   * CloudWatch.
   */
  readonly alarmTopic?: ITopic;

  /**
   * Email address that alarms notify, by a new SNS topic, instead of `alarmTopic`. AWS sends a link
   * that must be confirmed.
   */
  readonly alarmEmail?: string;
}

export const DEFAULTS = {
  /** The memory in MB, measured in test/bench/README.md. */
  memorySize: 512,
  logRetention: RetentionDays.THREE_MONTHS,
  issuerThrottle: { rateLimit: 100, burstLimit: 200 },
} as const;

/**
 * By default, only the gateway limits the function's environments: a load spike starts one for each
 * request during a cold start. All of them read Parameter Store, which allows 40 reads per second,
 * and they could use up the account's concurrency. In an account with a quota of 10, more tries
 * would gain half a second.
 */
const UNBOUNDED_THROTTLE = { rateLimit: 150, burstLimit: 50 };

/**
 * With reserved concurrency, requests are cheap: more tries let kube-apiserver find a free
 * environment sooner.
 */
const BOUNDED_THROTTLE = { rateLimit: 200, burstLimit: 2_000 };

/** Returns the endpoint's throttle. `false`: no concurrency is reserved. */
export function defaultThrottle(reservedConcurrency: number | false = false) {
  return reservedConcurrency === false ? UNBOUNDED_THROTTLE : BOUNDED_THROTTLE;
}

export type LogSettings = Pick<LogGroupProps, "encryptionKey"> & {
  readonly retention: RetentionDays;
};

/**
 * Returns the settings of each log group. Allows CloudWatch Logs to use the key, if there is one.
 */
export function logSettings(
  scope: Construct,
  {
    logRetention = DEFAULTS.logRetention,
    encryptionKey,
  }: Pick<CommonProps, "logRetention" | "encryptionKey">,
): LogSettings {
  if (encryptionKey === undefined) return { retention: logRetention };
  allowLogs(scope, encryptionKey);
  return { retention: logRetention, encryptionKey };
}

/**
 * Allows CloudWatch Logs to use the key, only for log groups of this account and region. CDK can
 * change only the policy of a key of the app; another key's policy must already allow it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
function allowLogs(scope: Construct, key: IKey): void {
  const stack = Stack.of(scope);
  const anyLogGroup = stack.formatArn({
    service: "logs",
    resource: "log-group",
    resourceName: "*",
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  key.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.${stack.urlSuffix}`)],
      actions: [
        "kms:Encrypt*",
        "kms:Decrypt*",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:Describe*",
      ],
      resources: ["*"],
      conditions: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": anyLogGroup } },
    }),
  );
}
