// Compares the table of partitions with the AWS SDK: partitions, regions, and STS endpoints.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STSClient } from "@aws-sdk/client-sts";
import { acceptedStsHosts } from "../../../functions/authenticator/token/sts-hosts.ts";
import { type Partition, partitionOfRegion } from "../../../functions/aws/partitions.ts";

interface SdkPartition {
  readonly id: string;
  readonly outputs: { readonly dnsSuffix: string; readonly dualStackDnsSuffix: string };
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, unknown>>;
}

const file = "@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js";
const { partitionsInfo }: { partitionsInfo: { readonly partitions: readonly SdkPartition[] } } = await import(
  new URL(`../../../node_modules/${file}`, import.meta.url).href
);
const partitions = partitionsInfo.partitions;

/** Without pseudo regions such as `aws-global`. */
function regionsOf({ regions }: SdkPartition): string[] {
  return Object.keys(regions).filter((region) => !region.endsWith("-global"));
}

function ours(region: string): Partition {
  const partition = partitionOfRegion(region);
  assert.ok(partition, `functions/aws/partitions.ts has no partition for the region ${region}`);
  return partition;
}

test("the table has exactly the partitions and regions of the SDK", () => {
  for (const partition of partitions) {
    const known = regionsOf(partition);
    const table = ours(known[0] ?? "").regions;
    const missing = known.filter((region) => !table.includes(region));
    const surplus = table.filter((region) => !known.includes(region));
    const where = `${partition.id} in functions/aws/partitions.ts`;
    assert.deepEqual(missing, [], `add ${missing.join(", ")} to ${where}`);
    assert.deepEqual(surplus, [], `${surplus.join(", ")} of ${where} is unknown to the SDK`);
  }
});

test("domains and the pattern of region names are the SDK's", () => {
  for (const partition of partitions) {
    const { id, outputs, regionRegex } = partition;
    // Ignores differences in groups of one alternative and in backslashes before hyphens
    const pattern = regionRegex.replaceAll("\\-", "-").replace(/\((\w+)\)/g, "$1");
    for (const region of regionsOf(partition)) {
      const { domain, dualStackDomain, regionPattern, ...own } = ours(region);
      assert.equal(own.id, id, region);
      assert.equal(domain, outputs.dnsSuffix, id);
      if (dualStackDomain !== undefined) assert.equal(dualStackDomain, outputs.dualStackDnsSuffix, id);
      assert.equal(regionPattern.source, new RegExp(pattern).source, id);
    }
  }
});

test("each region belongs to exactly one partition, by its name", () => {
  for (const [region, id] of [
    ["eu-west-9", "aws"],
    ["us-gov-north-1", "aws-us-gov"],
    ["us-iso-north-1", "aws-iso"],
    ["us-isob-north-1", "aws-iso-b"],
    ["cn-south-1", "aws-cn"],
    ["eusc-de-west-1", "aws-eusc"],
  ] as const) {
    assert.equal(ours(region).id, id);
  }
  for (const region of ["", "us-west", "us-west-2 ", " us-west-2", "us-west-2a", "aws-global", "us-west-2\n"]) {
    assert.equal(partitionOfRegion(region), undefined, region);
  }
});

/** https://docs.aws.amazon.com/general/latest/gr/sts.html */
const FIPS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
/** Dual-stack as well: those of the US and Canada. */
const FIPS_DUAL_STACK = [...FIPS, "ca-central-1", "ca-west-1"];
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html */
const DUAL_STACK = ["aws", "aws-cn", "aws-us-gov"];

test("the STS endpoints of the SDK are accepted if AWS documents them, and only then", () => {
  const { endpointProvider } = new STSClient({ region: "us-east-1" }).config;
  let refused = 0;
  for (const partition of partitions) {
    for (const Region of regionsOf(partition)) {
      const { regionByHost } = acceptedStsHosts(ours(Region), Region);
      for (const [UseFIPS, UseDualStack] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const { host } = endpointProvider({ Region, UseFIPS, UseDualStack, UseGlobalEndpoint: false }).url;
        // In GovCloud the plain name is the FIPS endpoint
        const fips = UseDualStack ? FIPS_DUAL_STACK : FIPS;
        const hasFips = partition.id === "aws-us-gov" ? !UseDualStack : fips.includes(Region);
        const documented = (!UseFIPS || hasFips) && (!UseDualStack || DUAL_STACK.includes(partition.id));
        assert.equal(regionByHost.get(host), documented ? Region : undefined, host);
        if (!documented) refused += 1;
      }
    }
  }
  assert.ok(refused > 2 * 40, `${refused} refused`);
});

test("the SDK's global endpoint is accepted if the SDK resolves it", () => {
  const { endpointProvider } = new STSClient({ region: "us-east-1" }).config;
  const { host } = endpointProvider({ Region: "aws-global", UseFIPS: false, UseDualStack: false }).url;
  assert.equal(acceptedStsHosts(ours("eu-west-1"), "eu-west-1").regionByHost.get(host), "us-east-1");
});
