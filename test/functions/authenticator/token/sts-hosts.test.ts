// The hosts that a token can name, by partition, region and settings.

import assert from "node:assert/strict";
import { test } from "node:test";
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

/** A copy of the lists in AWS's documentation, which the code must not exceed. */
const DOCUMENTED = {
  "us-east-1":
    /^sts\.([a-z0-9-]+\.)?amazonaws\.com$|^sts\.[a-z0-9-]+\.api\.aws$|^sts-fips\.us-(east|west)-[12]\.amazonaws\.com$|^sts-fips\.(us-(east|west)-[12]|ca-(central|west)-1)\.api\.aws$/,
  "us-gov-west-1": /^sts\.us-gov-(east|west)-1\.(amazonaws\.com|api\.aws)$/,
  "cn-north-1": /^sts\.cn-(north|northwest)-1\.(amazonaws\.com\.cn|api\.amazonwebservices\.com\.cn)$/,
  "us-iso-east-1": /^sts\.us-iso-(east|west)-1\.c2s\.ic\.gov$/,
  "us-isob-east-1": /^sts\.us-isob-(east|west)-1\.sc2s\.sgov\.gov$/,
  "eu-isoe-west-1": /^sts\.eu-isoe-west-1\.cloud\.adc-e\.uk$/,
  "us-isof-south-1": /^sts\.us-isof-(east|south)-1\.csp\.hci\.ic\.gov$/,
  "eusc-de-east-1": /^sts\.eusc-de-east-1\.amazonaws\.eu$/,
} as const;

for (const [own, documented] of Object.entries(DOCUMENTED)) {
  test(`partition of ${own}: every accepted host is in AWS's documentation, so it resolves, and in no other partition`, () => {
    const { regions, regionByHost } = hostsIn(own);
    const plain = [...regions].map((region) => `sts.${region}.${partition(own).domain}`);
    assert.deepEqual(
      [...regionByHost.keys()].filter((host) => !documented.test(host)),
      [],
    );
    for (const region of regions) assert.equal(regionByHost.get(`sts.${region}.${partition(own).domain}`), region);
    for (const other of Object.keys(DOCUMENTED).filter((region) => region !== own)) {
      const shared = [...hostsIn(other).regionByHost.keys()].filter((host) => regionByHost.has(host));
      assert.deepEqual(shared, [], other);
    }
    // STS_HOSTS=regional accepts only the plain regional names and STS_EXTRA_HOSTS
    const regional = hostsIn(own, { regionalOnly: true, extraHosts: [EXTRA_HOST] });
    assert.deepEqual([...regional.regionByHost.keys()].sort(), [...plain, EXTRA_HOST].sort());
    assert.deepEqual(regional.regions, regions);
  });
}

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
