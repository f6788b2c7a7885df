// The construct's props.

import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { Endpoint, Throttle } from "./endpoint/endpoint.ts";

export interface IamAuthenticatorProps {
  /** The id that tokens are signed for: 1 to 100 letters, digits, `_`, `.` and `-`; the first is a letter or a digit. */
  readonly clusterId: string;

  /**
   * How kube-apiserver reaches the function, and how it authenticates to it.
   *
   * @default - `{ kind: "http" }`: a public HTTP API with a bearer token
   */
  readonly endpoint?: Endpoint;

  /**
   * The endpoint before a change of its kind: it stays, with a function of its own, until kube-apiserver has moved.
   *
   * @default - none
   */
  readonly formerEndpoint?: Endpoint;

  /**
   * Requests a second, and at once above that, that the endpoint lets through. See "Storms" in docs/performance.md.
   *
   * @default - 150 a second, 50 at once; with `reservedConcurrency`, 200 a second, 2,000 at once
   */
  readonly throttle?: Throttle;

  /**
   * Where the mappings are in Parameter Store.
   *
   * @default - `/iam-authenticator/<clusterId>`
   */
  readonly mappingPrefix?: string;

  /**
   * Identities of other accounts are refused before a mapping is read.
   *
   * @default - every account
   */
  readonly accounts?: readonly string[];

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
   * A node's instance must be in one of these VPCs. Private DNS names repeat between VPCs.
   *
   * @default - any VPC
   */
  readonly nodeVpcs?: readonly string[];

  /**
   * Processor architecture of the function. `sam local` needs the host's.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;

  /**
   * Memory of the function, in MB. More memory also means more processor: see docs/performance.md.
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
   * At most this many environments, taken from the account's limit. 8 are enough for most clusters, and keep a restart of
   * the control plane from using up Parameter Store's reads (docs/performance.md, "Storms"). At least 100 of the account must stay
   * for other functions: where the limit is lower than that and this number together, the deployment fails.
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
   * Which subnets of `vpc` the function is in.
   *
   * @default - all private ones
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the function in `vpc`. They must let it reach STS, Parameter Store and, with `nodes`, EC2 and IAM.
   *
   * @default - one is made, which allows every way out and none in
   */
  readonly securityGroups?: readonly ISecurityGroup[];

  /**
   * How the function in `vpc` reaches STS and Parameter Store. `true` makes interface endpoints for both. `"existing"`
   * uses those of the VPC, such as another cluster's. Both accept only tokens for the plain STS host of the stack's own
   * region (or of `stsRegions`), since interface endpoints serve no other. `false` means a NAT gateway.
   *
   * @default true
   */
  readonly vpcEndpoints?: boolean | "existing";

  /**
   * A new version is checked first, gets a tenth of the reviews for ten minutes, and is taken back when it fails or denies
   * more of them than the old one.
   *
   * @default true
   */
  readonly safeDeployments?: boolean;

  /**
   * Makes the alarms, those of deployments included: without them, a bad version is taken back only where the check finds
   * it.
   *
   * @default true
   */
  readonly alarms?: boolean;

  /**
   * Makes the dashboard.
   *
   * @default true
   */
  readonly dashboard?: boolean;

  /**
   * Hours without a review after which the alarm NoReviews goes off, 1 to 168. For a cluster that sleeps at night or on
   * weekends, more than those hours.
   *
   * @default 24
   */
  readonly quietHours?: number;

  /**
   * The share of denials among answered reviews from which on the alarm Denials goes off, between 0 and 1. For a cluster
   * where denials are usual, such as of jobs with expired tokens, more than their usual share.
   *
   * @default 0.5
   */
  readonly denialShare?: number;

  /**
   * SNS topic that alarms notify.
   *
   * @default - none: alarms are only shown
   */
  readonly alarmTopic?: ITopic;

  /**
   * How long the function's log and the endpoint's access log are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;

  /**
   * Encrypts the function's log and the endpoint's. A key that is made in the app lets CloudWatch Logs use it; another
   * key's policy must do so already.
   *
   * @default - the key of CloudWatch Logs
   */
  readonly encryptionKey?: IKey;
}
