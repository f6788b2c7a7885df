// The props of the construct IamAuthenticator.

import type { ISecurityGroup, IVpc, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { CommonProps } from "./common-props.ts";
import type { Endpoint, Throttle } from "./endpoint/endpoint.ts";

/** An account whose AWS-signed tokens are accepted. */
export interface AwsSignedTokens {
  /** 12 digits. */
  readonly account: string;
  /**
   * `https://<id>.tokens.sts.global.api.aws`, without a final slash. In China, the domain is
   * `api.amazonwebservices.com.cn`.
   */
  readonly issuer: string;
}

export interface IamAuthenticatorProps extends CommonProps {
  /**
   * How kube-apiserver reaches the function, and how it authenticates to it.
   *
   * @default - `{ kind: "http" }`: a public HTTP API with a bearer token
   */
  readonly endpoint?: Endpoint;

  /**
   * Keeps the former endpoint, with a separate function, after a change of the endpoint's kind
   * until kube-apiserver has moved.
   */
  readonly formerEndpoint?: Endpoint;

  /**
   * Endpoint of a standby: the output `Endpoint` of a stack with the same cluster id in another
   * region, without a `failoverUrl`. The function redirects its faults there, except those of STS,
   * EC2 and IAM (docs/regions.md). Requires an `http` or `mtls` endpoint. Does not apply to
   * `formerEndpoint`.
   *
   * @default - none: kube-apiserver receives the error
   */
  readonly failoverUrl?: string;

  /**
   * Requests per second that the endpoint accepts, and the burst above that. See "What to set" in
   * docs/performance.md.
   *
   * @default - 150 per second, burst 50; with `reservedConcurrency`, 200 per second, burst 2,000
   */
  readonly throttle?: Throttle;

  /**
   * Accepts only identities of these accounts, or with `"any"` of every account. Others are denied
   * before a mapping is read.
   *
   * @default - the stack's own account
   */
  readonly accounts?: readonly string[] | "any";

  /**
   * Accepts only tokens that are signed for these regions.
   *
   * @default - all regions of the partition; in a VPC with `vpcEndpoints`, the stack's region
   */
  readonly stsRegions?: readonly string[];

  /** Additional STS hosts that a token can name, such as an interface endpoint's. */
  readonly stsExtraHosts?: readonly string[];

  /**
   * Audiences that a token can be granted for.
   *
   * @default - kube-apiserver's own
   */
  readonly audiences?: readonly string[];

  /** Denies usernames and groups that begin with one of these prefixes. */
  readonly reservedPrefixes?: readonly string[];

  /**
   * `minimal` omits uid and extra, which Pinniped does not accept.
   *
   * @default "full"
   */
  readonly userInfo?: "full" | "minimal";

  /**
   * Accepts tokens that AWS STS signs for identities of these accounts (`sts:GetWebIdentityToken`).
   * The issuer is the URL that `aws iam enable-outbound-web-identity-federation` returns in the
   * account.
   */
  readonly awsSignedTokens?: readonly AwsSignedTokens[];

  /**
   * `jwt` accepts only the tokens of `awsSignedTokens`.
   *
   * @default "any"
   */
  readonly tokens?: "any" | "jwt";

  /**
   * Enables `{EC2PrivateDNSName}` in mappings, and allows the function to read instances and
   * instance profiles.
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
   * The region of the cluster's nodes, whose EC2 is asked about them. Set it in the stack of a
   * standby to the primary's region (docs/regions.md). Tokens that are signed for it are never
   * delayed by those for other regions.
   *
   * @default - the stack's region
   */
  readonly nodeRegion?: string;

  /** Number of Lambda environments that are kept warm. */
  readonly provisionedConcurrency?: number;

  /**
   * Number of Lambda environments that are reserved for logins and limit them. The function shares
   * no environment with the account's other functions. With 8, a restart of the control plane stays
   * within Parameter Store's reads (docs/performance.md, "What to set"). A new account can reserve
   * none, and the deployment would fail: AWS keeps 10 of its 10 environments unreserved, and 100 of
   * a larger quota. `false` reserves none: only the account's quota applies.
   *
   * @default false
   */
  readonly reservedConcurrency?: number | false;

  /**
   * Places the function in this VPC's private subnets.
   *
   * @default - no VPC
   */
  readonly vpc?: IVpc;

  /**
   * Subnets of `vpc` for the function.
   *
   * @default - all private subnets
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the function in `vpc`. They must allow access to STS, Parameter Store and,
   * with `nodes`, EC2 and IAM.
   *
   * @default - one is created that allows all outbound and no inbound traffic
   */
  readonly securityGroups?: readonly ISecurityGroup[];

  /**
   * How the function in `vpc` reaches STS, Parameter Store and, with `awsSignedTokens`, the
   * issuers' keys. `true` creates interface endpoints. `"existing"` uses those of the VPC, such as
   * another cluster's. With both, only tokens for the plain STS host of the stack's region (or of
   * `stsRegions`) are accepted, since interface endpoints serve no other host, and `tokens: "jwt"`
   * is refused, since the endpoint for keys has never been tried on AWS. `false` requires a NAT
   * gateway.
   *
   * @default true
   */
  readonly vpcEndpoints?: boolean | "existing";

  /**
   * A new version is checked first, receives a tenth of the reviews for ten minutes, and is rolled
   * back if three of them fail.
   *
   * @default true
   */
  readonly safeDeployments?: boolean;

  /**
   * Before a new version receives reviews, the check fails if the live version and the new one read
   * a stored value differently. Set `false` for one deployment if the live version cannot answer.
   *
   * @default true
   */
  readonly compareStoredValues?: boolean;

  /**
   * Hours without a review before the alarm NoReviews fires, 1 to 168. Use a longer time than the
   * nights or weekends in which a cluster is idle. Without this alarm, no alarm notices a
   * kube-apiserver that has lost its webhook flag.
   *
   * @default - no such alarm
   */
  readonly quietHours?: number;
}
