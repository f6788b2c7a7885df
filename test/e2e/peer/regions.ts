// The regions of the partition `aws` from the AWS SDK, independent of the code under test.

interface SdkPartition {
  readonly id: string;
  readonly regions: Readonly<Record<string, unknown>>;
}

const file = "@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js";
const { partitionsInfo }: { partitionsInfo: { readonly partitions: readonly SdkPartition[] } } = await import(
  new URL(`../../../node_modules/${file}`, import.meta.url).href
);

/** Without the pseudo-region `aws-global`. */
export const REGIONS: readonly string[] = partitionsInfo.partitions
  .filter(({ id }) => id === "aws")
  .flatMap(({ regions }) => Object.keys(regions))
  .filter((region) => !region.endsWith("-global"));

/** Regions with an `sts-fips.` host: https://docs.aws.amazon.com/general/latest/gr/sts.html */
const FIPS_REGIONS: readonly string[] = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
/** Regions with a dual-stack FIPS host: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html */
const FIPS_DUAL_STACK_REGIONS: readonly string[] = [...FIPS_REGIONS, "ca-central-1", "ca-west-1"];

/** The FIPS hosts that AWS documents for a region. */
export function fipsHosts(region: string): string[] {
  return [
    ...(FIPS_REGIONS.includes(region) ? [`sts-fips.${region}.amazonaws.com`] : []),
    ...(FIPS_DUAL_STACK_REGIONS.includes(region) ? [`sts-fips.${region}.api.aws`] : []),
  ];
}
