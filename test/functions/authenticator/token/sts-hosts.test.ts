// The hosts that a token can name, by partition, region and settings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STSClient } from "@aws-sdk/client-sts";
import {
  acceptedStsHosts,
  type StsHostOptions,
} from "../../../../functions/authenticator/token/sts-hosts.ts";
import { EXTRA_HOST, partition } from "./samples.ts";

function hostsIn(region: string, options?: StsHostOptions) {
  return acceptedStsHosts(partition(region), region, options);
}

/** https://docs.aws.amazon.com/general/latest/gr/sts.html */
const FIPS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
/** Dual-stack as well: those of the US and Canada. */
const FIPS_DUAL_STACK = [...FIPS, "ca-central-1", "ca-west-1"];
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html */
const DUAL_STACK = ["aws", "aws-cn", "aws-us-gov"];
const VARIANTS = [false, true].flatMap((UseDualStack) => [
  { UseFIPS: false, UseDualStack },
  { UseFIPS: true, UseDualStack },
]);

function hasFips(partitionId: string, region: string, isDualStack: boolean): boolean {
  // In GovCloud the plain name is the FIPS endpoint
  if (partitionId === "aws-us-gov") return !isDualStack;
  return (isDualStack ? FIPS_DUAL_STACK : FIPS).includes(region);
}

const { endpointProvider } = new STSClient({ region: "us-east-1" }).config;

for (const own of [
  ...[
    "us-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
  ],
  ...["us-isof-south-1", "eusc-de-east-1"],
]) {
  test(`partition of ${own}: exactly the endpoints that AWS documents are accepted`, () => {
    const { id, regions } = partition(own);
    const expected = new Map(id === "aws" ? [["sts.amazonaws.com", "us-east-1"]] : []);
    for (const Region of regions) {
      for (const { UseFIPS, UseDualStack } of VARIANTS) {
        const { host } = endpointProvider({
          Region,
          UseFIPS,
          UseDualStack,
          UseGlobalEndpoint: false,
        }).url;
        const isDocumented =
          (!UseFIPS || hasFips(id, Region, UseDualStack)) &&
          (!UseDualStack || DUAL_STACK.includes(id));
        if (isDocumented) expected.set(host, Region);
      }
    }
    assert.deepEqual(Object.fromEntries(hostsIn(own).regionByHost), Object.fromEntries(expected));
  });
}

test("STS_HOSTS=regional accepts only the plain regional names and STS_EXTRA_HOSTS", () => {
  for (const own of ["us-east-1", "us-gov-west-1", "cn-north-1"]) {
    const { regions, regionByHost } = hostsIn(own, {
      regionalOnly: true,
      extraHosts: [EXTRA_HOST],
    });
    const plain = [...regions].map((region) => [`sts.${region}.${partition(own).domain}`, region]);
    assert.deepEqual([...regionByHost].sort(), [...plain, [EXTRA_HOST, undefined]].sort());
    assert.deepEqual(regions, hostsIn(own).regions);
  }
});

test("the function's region is accepted with its plain host only, if it is newer than the table", () => {
  const newer = hostsIn("eu-west-9");
  const known = hostsIn("us-west-2");
  const added = [...newer.regionByHost].filter(([host]) => !known.regionByHost.has(host));
  assert.deepEqual(added, [["sts.eu-west-9.amazonaws.com", "eu-west-9"]]);
  assert.deepEqual([...newer.regions], [...known.regions, "eu-west-9"]);
});

const GLOBAL = ["amazonaws.com", "us-east-1.amazonaws.com", "us-east-1.api.aws"].map(
  (end) => `sts.${end}`,
);
// biome-ignore format: a table
const ROWS = [
  ["STS_REGIONS limits the list, and does not add the function's region or the global host", "us-west-2", ["eu-west-1"], ["sts.eu-west-1.amazonaws.com", "sts.eu-west-1.api.aws"]],
  ["STS_REGIONS with us-east-1 accepts the global host", "us-west-2", ["us-east-1"], ["sts-fips.us-east-1.amazonaws.com", "sts-fips.us-east-1.api.aws", ...GLOBAL]],
  ["only the partition aws has it", "cn-north-1", ["us-east-1"], ["sts.us-east-1.amazonaws.com.cn"]],
] as const;
for (const [title, own, onlyRegions, hosts] of ROWS) {
  test(title, () => {
    const { regions, regionByHost } = hostsIn(own, { onlyRegions });
    assert.deepEqual([[...regionByHost.keys()].sort(), [...regions]], [hosts, onlyRegions]);
  });
}
