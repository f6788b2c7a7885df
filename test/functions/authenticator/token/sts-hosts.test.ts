// The hosts that a token can name, by partition, region and settings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STSClient } from "@aws-sdk/client-sts";
import {
  acceptedStsHosts,
  type StsHostOptions,
  type StsHosts,
} from "../../../../functions/authenticator/token/sts-hosts.ts";
import { parseToken } from "../../../../functions/authenticator/token/token.ts";
import { credential, EXTRA_HOST, HOST, NOW, partition, tokenWith } from "./samples.ts";

function hostsIn(region: string, options?: StsHostOptions): StsHosts {
  return acceptedStsHosts(partition(region), region, options);
}

/** https://docs.aws.amazon.com/general/latest/gr/sts.html */
const FIPS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
/** Dual-stack as well: those of the US and Canada. */
const FIPS_DUAL_STACK = [...FIPS, "ca-central-1", "ca-west-1"];
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_dual-stack_endpoint_support.html */
const DUAL_STACK = ["aws", "aws-cn", "aws-us-gov"];
const { endpointProvider } = new STSClient({ region: "us-east-1" }).config;

for (const own of [
  ...["us-east-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"],
  ...["us-isof-south-1", "eusc-de-east-1"],
]) {
  test(`partition of ${own}: exactly the SDK's endpoints that AWS documents are accepted, and the global one in aws`, () => {
    const { id, regions } = partition(own);
    const expected = new Map(id === "aws" ? [["sts.amazonaws.com", "us-east-1"]] : []);
    for (const Region of regions) {
      for (const [UseFIPS, UseDualStack] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const { host } = endpointProvider({ Region, UseFIPS, UseDualStack, UseGlobalEndpoint: false }).url;
        // In GovCloud the plain name is the FIPS endpoint
        const fips = UseDualStack ? FIPS_DUAL_STACK : FIPS;
        const hasFips = id === "aws-us-gov" ? !UseDualStack : fips.includes(Region);
        if ((!UseFIPS || hasFips) && (!UseDualStack || DUAL_STACK.includes(id))) expected.set(host, Region);
      }
    }
    assert.deepEqual(Object.fromEntries(hostsIn(own).regionByHost), Object.fromEntries(expected));
  });
}

test("STS_HOSTS=regional accepts only the plain regional names and STS_EXTRA_HOSTS", () => {
  for (const own of ["us-east-1", "us-gov-west-1", "cn-north-1"]) {
    const { regions, regionByHost } = hostsIn(own, { regionalOnly: true, extraHosts: [EXTRA_HOST] });
    const plain = [...regions].map((region) => [`sts.${region}.${partition(own).domain}`, region]);
    assert.deepEqual([...regionByHost].sort(), [...plain, [EXTRA_HOST, undefined]].sort());
    assert.deepEqual(regions, hostsIn(own).regions);
  }
});

/** Hosts by a setting or partition, with their regions; `null` for a refused host. */
const HOSTS: Readonly<
  Record<string, readonly [own: string, hosts: Record<string, string | null>, options?: StsHostOptions]>
> = {
  "the function's region is accepted with its plain host, even if it is newer than the table": [
    "eu-west-9",
    {
      "sts.eu-west-9.amazonaws.com": "eu-west-9",
      "sts-fips.eu-west-9.amazonaws.com": null,
      "sts-fips.eu-west-9.api.aws": null,
      "sts.eu-west-9.api.aws": null,
      [HOST]: "us-west-2",
    },
  ],
  "another region that is newer than the table is refused, and the global host belongs to us-east-1": [
    "us-west-2",
    { "sts.eu-west-9.amazonaws.com": null, "sts.amazonaws.com": "us-east-1" },
  ],
  "hosts for FIPS are accepted in the regions that have them": [
    "us-west-2",
    { "sts-fips.us-east-2.amazonaws.com": "us-east-2", "sts-fips.ca-central-1.api.aws": "ca-central-1" },
  ],
  "only the partition aws has the global host": [
    "cn-north-1",
    { "sts.amazonaws.com": null },
    { onlyRegions: ["us-east-1"] },
  ],
  "STS_REGIONS limits the list, and does not add the function's region or the global host": [
    "us-west-2",
    {
      "sts.eu-west-1.amazonaws.com": "eu-west-1",
      "sts-fips.us-east-2.amazonaws.com": "us-east-2",
      [HOST]: null,
      "sts.us-east-1.amazonaws.com": null,
      "sts.amazonaws.com": null,
    },
    { onlyRegions: ["eu-west-1", "us-east-2"] },
  ],
  "STS_REGIONS with us-east-1 accepts the global host": [
    "us-west-2",
    { "sts.amazonaws.com": "us-east-1" },
    { onlyRegions: ["us-east-1"] },
  ],
};

for (const [title, [own, expected, options]] of Object.entries(HOSTS)) {
  test(title, () => {
    const { regions, regionByHost } = hostsIn(own, options);
    const found = Object.keys(expected).map((host) => [host, regionByHost.get(host) ?? null]);
    assert.deepEqual(Object.fromEntries(found), expected);
    assert.deepEqual([...regions], options?.onlyRegions ?? [...new Set([...partition(own).regions, own])]);
  });
}

test("a token for a refused host is refused, and one for a host of STS_EXTRA_HOSTS needs a region of STS_REGIONS", () => {
  const hosts = hostsIn("us-west-2", { onlyRegions: ["us-west-2"], extraHosts: [EXTRA_HOST] });
  assert.equal(parseToken(tokenWith({}, EXTRA_HOST), hosts, NOW).host, EXTRA_HOST);
  assert.throws(() => parseToken(tokenWith(credential("us-east-1"), EXTRA_HOST), hosts, NOW), {
    code: "token_region_refused",
    message: 'region "us-east-1" is not accepted here',
  });
  const fips = tokenWith(credential("eu-west-1"), "sts-fips.eu-west-1.amazonaws.com");
  assert.throws(() => parseToken(fips, hosts, NOW), {
    code: "token_host_refused",
    message: "the host is not an accepted STS endpoint",
  });
});
