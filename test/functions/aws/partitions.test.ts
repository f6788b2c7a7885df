// Compares the table of partitions with the AWS SDK: partitions, regions and domains.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Partition, partitionOfRegion } from "../../../functions/aws/partitions.ts";

interface SdkPartition {
  readonly id: string;
  readonly outputs: { readonly dnsSuffix: string; readonly dualStackDnsSuffix: string };
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, unknown>>;
}

const file = "@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js";
const { partitionsInfo }: { partitionsInfo: { readonly partitions: readonly SdkPartition[] } } =
  await import(new URL(`../../../node_modules/${file}`, import.meta.url).href);

function ours(region: string): Partition {
  const partition = partitionOfRegion(region);
  assert.ok(partition, `functions/aws/partitions.ts has no partition for the region ${region}`);
  return partition;
}

test("the table has exactly the partitions and regions of the SDK", () => {
  for (const { id, outputs, regionRegex, regions } of partitionsInfo.partitions) {
    // Without pseudo regions such as `aws-global`.
    const known = Object.keys(regions).filter((region) => !region.endsWith("-global"));
    const own = [...ours(known[0] ?? "").regions].sort();
    assert.deepEqual(own, known.toSorted(), `${id} in functions/aws/partitions.ts`);
    // Ignores differences in groups of one alternative and in backslashes before hyphens
    const pattern = regionRegex.replaceAll("\\-", "-").replace(/\((\w+)\)/g, "$1");
    for (const region of known) {
      const { domain, dualStackDomain, regionPattern, ...own } = ours(region);
      assert.deepEqual(
        [own.id, domain, regionPattern.source],
        [id, outputs.dnsSuffix, new RegExp(pattern).source],
      );
      if (dualStackDomain !== undefined)
        assert.equal(dualStackDomain, outputs.dualStackDnsSuffix, id);
    }
  }
});

test("each region belongs to exactly one partition, by its name", () => {
  const ids = { "eu-west-9": "aws", "us-gov-north-1": "aws-us-gov", "us-iso-north-1": "aws-iso" };
  const others = {
    "us-isob-north-1": "aws-iso-b",
    "cn-south-1": "aws-cn",
    "eusc-de-west-1": "aws-eusc",
  };
  for (const [region, id] of Object.entries({ ...ids, ...others }))
    assert.equal(ours(region).id, id);
  for (const region of [
    "",
    "us-west",
    "us-west-2 ",
    " us-west-2",
    "us-west-2a",
    "aws-global",
    "us-west-2\n",
  ]) {
    assert.equal(partitionOfRegion(region), undefined, region);
  }
});
