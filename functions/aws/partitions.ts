// The AWS partitions, their regions and the domains of their endpoints.

/** Regions and domains of one partition. A test compares them with the AWS SDK for JavaScript. */
export interface Partition {
  readonly id: string;
  readonly domain: string;
  /**
   * Only set if AWS documents dual-stack endpoints of STS. The SDK generates such names for every
   * partition.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html
   */
  readonly dualStackDomain?: string;
  /**
   * The domain of the issuers of AWS-signed tokens. Only set where their form is known: AWS
   * documents that of `aws`, and public trials in China show that of `aws-cn`.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_getting_started.html
   */
  readonly tokenIssuerDomain?: string;
  /**
   * Regions with an `sts-fips.` host. The SDK generates one for every region, but the others do not
   * resolve.
   * https://docs.aws.amazon.com/general/latest/gr/sts.html
   */
  readonly stsFipsRegions?: readonly string[];
  /**
   * Regions with a host that is both FIPS and dual-stack, all in the US and Canada.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html
   */
  readonly stsFipsDualStackRegions?: readonly string[];
  /** Matches the region names of this partition, including new regions that are not listed. */
  readonly regionPattern: RegExp;
  readonly regions: readonly string[];
}

export const PARTITIONS: readonly Partition[] = [
  {
    id: "aws",
    domain: "amazonaws.com",
    dualStackDomain: "api.aws",
    tokenIssuerDomain: "api.aws",
    stsFipsRegions: ["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
    stsFipsDualStackRegions: [
      "ca-central-1",
      "ca-west-1",
      "us-east-1",
      "us-east-2",
      "us-west-1",
      "us-west-2",
    ],
    regionPattern: /^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/,
    // biome-ignore format: a table
    regions: [
      "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2",
      "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2",
      "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
      "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1",
      "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1",
      "me-south-1", "me-west-1", "mx-central-1", "sa-east-1", "sa-west-1", "us-east-1",
      "us-east-2", "us-west-1", "us-west-2",
    ],
  },
  {
    id: "aws-cn",
    domain: "amazonaws.com.cn",
    dualStackDomain: "api.amazonwebservices.com.cn",
    tokenIssuerDomain: "api.amazonwebservices.com.cn",
    regionPattern: /^cn-\w+-\d+$/,
    regions: ["cn-north-1", "cn-northwest-1"],
  },
  {
    id: "aws-eusc",
    domain: "amazonaws.eu",
    regionPattern: /^eusc-de-\w+-\d+$/,
    regions: ["eusc-de-east-1"],
  },
  {
    id: "aws-iso",
    domain: "c2s.ic.gov",
    regionPattern: /^us-iso-\w+-\d+$/,
    regions: ["us-iso-east-1", "us-iso-west-1"],
  },
  {
    id: "aws-iso-b",
    domain: "sc2s.sgov.gov",
    regionPattern: /^us-isob-\w+-\d+$/,
    regions: ["us-isob-east-1", "us-isob-west-1"],
  },
  {
    id: "aws-iso-e",
    domain: "cloud.adc-e.uk",
    regionPattern: /^eu-isoe-\w+-\d+$/,
    regions: ["eu-isoe-west-1"],
  },
  {
    id: "aws-iso-f",
    domain: "csp.hci.ic.gov",
    regionPattern: /^us-isof-\w+-\d+$/,
    regions: ["us-isof-east-1", "us-isof-south-1"],
  },
  {
    id: "aws-us-gov",
    domain: "amazonaws.com",
    dualStackDomain: "api.aws",
    regionPattern: /^us-gov-\w+-\d+$/,
    regions: ["us-gov-east-1", "us-gov-west-1"],
  },
];

/** Returns the listed regions of all partitions. */
export function knownRegions(): string[] {
  return PARTITIONS.flatMap(({ regions }) => regions);
}

/**
 * Returns the partition of a region, which need not be listed; `undefined` if no partition matches.
 */
export function partitionOfRegion(region: string): Partition | undefined {
  return PARTITIONS.find(({ regionPattern }) => regionPattern.test(region));
}

const AWS_ISSUER = /^https:\/\/[a-z0-9][a-z0-9-]{0,62}\.tokens\.sts\.global\.(.+)$/;

/**
 * Returns the partition of an issuer of AWS-signed tokens, which `aws iam
 * enable-outbound-web-identity-federation` returns for an account. `undefined` for any other
 * issuer.
 */
export function partitionOfIssuer(issuer: unknown): Partition | undefined {
  const [, domain] = typeof issuer === "string" ? (AWS_ISSUER.exec(issuer) ?? []) : [];
  if (domain === undefined) return undefined;
  return PARTITIONS.find(({ tokenIssuerDomain }) => tokenIssuerDomain === domain);
}
