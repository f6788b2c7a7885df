// What a user of the construct may choose.

import type { IVpc } from "aws-cdk-lib/aws-ec2";
import type { Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Endpoint, Throttle } from "./endpoint/endpoint.ts";

export interface IamAuthenticatorProps {
  /** The id that tokens are signed for: `[A-Za-z0-9][A-Za-z0-9_.-]{0,99}`. */
  readonly clusterId: string;

  /**
   * How kube-apiserver reaches the function, and proves itself.
   *
   * @default - `{ kind: "http" }`: a public HTTP API with a bearer token
   */
  readonly endpoint?: Endpoint;

  /**
   * Requests a second, and at once above that, that the endpoint lets through.
   *
   * @default - 50 a second, 100 at once
   */
  readonly throttle?: Throttle;

  /**
   * Where the mappings are in Parameter Store.
   *
   * @default - `/iam-authenticator/<clusterId>`
   */
  readonly mappingPrefix?: string;

  /**
   * Only tokens signed for these regions.
   *
   * @default - all regions of the partition; with `vpcEndpoints`, the stack's own
   */
  readonly stsRegions?: readonly string[];

  /**
   * Further STS hosts that a token may name, such as an interface endpoint's.
   *
   * @default - none
   */
  readonly stsExtraHosts?: readonly string[];

  /**
   * Audiences that a granted token is good for.
   *
   * @default - kube-apiserver's own
   */
  readonly audiences?: readonly string[];

  /**
   * No username and no group may begin with one of these.
   *
   * @default - none
   */
  readonly reservedPrefixes?: readonly string[];

  /**
   * `minimal` leaves out uid and extra, which Pinniped refuses.
   *
   * @default "full"
   */
  readonly userInfo?: "full" | "minimal";

  /**
   * From which level on reviews are logged; metrics are always written.
   *
   * @default "info"
   */
  readonly logLevel?: "debug" | "info" | "warn" | "error";

  /**
   * Lets mappings use `{EC2PrivateDNSName}`: the function may then read instances and instance profiles.
   *
   * @default false
   */
  readonly nodes?: boolean;

  /**
   * Of the function. `sam local` wants the host's.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;

  /**
   * Of the function, in MB; more memory is more processor too. docs/performance.md has the figures.
   *
   * @default 512
   */
  readonly memorySize?: number;

  /**
   * How many environments are kept warm.
   *
   * @default - none
   */
  readonly provisionedConcurrency?: number;

  /**
   * At most this many environments, taken from the account's limit.
   *
   * @default - no limit of its own
   */
  readonly reservedConcurrency?: number;

  /**
   * Puts the function into this VPC's private subnets.
   *
   * @default - outside of any VPC
   */
  readonly vpc?: IVpc;

  /**
   * Makes interface endpoints for STS and Parameter Store in `vpc`; without `stsRegions`, only tokens for the stack's own
   * region are taken then. `false` where the VPC has these endpoints already, or a NAT gateway.
   *
   * @default true
   */
  readonly vpcEndpoints?: boolean;

  /**
   * New versions get a tenth of the reviews for five minutes, and go back when an alarm says so.
   *
   * @default true
   */
  readonly safeDeployments?: boolean;

  /**
   * For how many hours nobody may ask before the alarm NoReviews goes, 1 to 168. More than a night or a weekend, where a
   * cluster is asleep then.
   *
   * @default 24
   */
  readonly quietHours?: number;

  /**
   * Told of alarms.
   *
   * @default - alarms are only shown
   */
  readonly alarmTopic?: ITopic;

  /**
   * Of the function's log and the endpoint's access log.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
}
