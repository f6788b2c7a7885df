// The props that the constructs of the authenticator and of the issuer share.

import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";

export interface CommonProps {
  /** The id that tokens are signed for: 1 to 100 letters, digits, `_`, `.` and `-`; the first is a letter or a digit. */
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
   * Encrypts the function's log and the endpoint's. The construct allows CloudWatch Logs to use a key of the app. Another
   * key's policy must already allow it.
   *
   * @default - the key of CloudWatch Logs
   */
  readonly encryptionKey?: IKey;

  /**
   * Creates the alarms that notify. The alarms that roll a new version back belong to `safeDeployments`.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /** SNS topic that alarms notify. Without a topic and an address, alarms are only visible in CloudWatch. */
  readonly alarmTopic?: ITopic;

  /**
   * Email address that alarms notify, by a new SNS topic, instead of `alarmTopic`. AWS sends a link that must be confirmed.
   */
  readonly alarmEmail?: string;
}
