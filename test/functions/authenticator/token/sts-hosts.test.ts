// The hosts that a token can name, by partition, region and settings.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acceptedStsHosts,
  type StsHostOptions,
  type StsHosts,
} from "../../../../functions/authenticator/token/sts-hosts.ts";
import { parseToken } from "../../../../functions/authenticator/token/token.ts";
import { hostileHosts, withHost } from "../../../hostile-tokens.ts";
import { tokenOf } from "../../../token.ts";
import { denial, EXTRA_HOST, HOST, NOW, partition, tokenWith, urlWith } from "./samples.ts";

function hostsIn(region: string, options?: StsHostOptions): StsHosts {
  return acceptedStsHosts(partition(region), region, options);
}

/** Region by host, without refused hosts. */
function accepted(hosts: StsHosts, names: readonly string[]): Record<string, string | undefined> {
  return Object.fromEntries(
    names.filter((name) => hosts.regionByHost.has(name)).map((name) => [name, hosts.regionByHost.get(name)]),
  );
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

test("every accepted host is in AWS's documentation, so it resolves", () => {
  for (const [own, documented] of Object.entries(DOCUMENTED)) {
    const { regions, regionByHost } = hostsIn(own);
    const undocumented = [...regionByHost.keys()].filter((host) => !documented.test(host));
    assert.deepEqual(undocumented, [], own);
    // Each region is accepted by its plain name
    for (const region of regions) assert.equal(regionByHost.get(`sts.${region}.${partition(own).domain}`), region);
  }
});

test("a token for a FIPS host that AWS does not have is refused, and one for an existing FIPS host is accepted", () => {
  for (const region of ["eu-west-1", "ca-central-1", "us-gov-west-1", "us-west-2"]) {
    const credential = `AKIALOCALALICEAAAAAA/20260102/${region}/sts/aws4_request`;
    const read = () =>
      parseToken(
        tokenWith({ "X-Amz-Credential": credential }, `sts-fips.${region}.amazonaws.com`),
        hostsIn(region),
        NOW,
      );
    if (region === "us-west-2") assert.equal(read().host, "sts-fips.us-west-2.amazonaws.com");
    else assert.throws(read, { code: "token_host_refused" }, region);
  }
});

test("hosts that are both FIPS and dual-stack are accepted only for the Regions of the US and Canada", () => {
  const { regions, regionByHost } = hostsIn("eu-west-1");
  const accepted = [...regions].filter((region) => regionByHost.get(`sts-fips.${region}.api.aws`) === region);
  assert.deepEqual(accepted.sort(), [
    ...["ca-central-1", "ca-west-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
  ]);
  assert.equal(hostsIn("us-gov-west-1").regionByHost.has("sts-fips.us-gov-west-1.api.aws"), false);
});

test("dual-stack hosts are accepted in the partitions for which AWS documents them", () => {
  for (const [region, host] of [
    ["eu-west-1", "sts.eu-west-1.api.aws"],
    ["us-gov-west-1", "sts.us-gov-west-1.api.aws"],
    ["cn-north-1", "sts.cn-north-1.api.amazonwebservices.com.cn"],
  ] as const) {
    assert.equal(hostsIn(region).regionByHost.get(host), region);
  }
});

test("STS_HOSTS=regional accepts only the plain regional names and STS_EXTRA_HOSTS", () => {
  for (const own of Object.keys(DOCUMENTED)) {
    const hosts = hostsIn(own, { regionalOnly: true, extraHosts: [EXTRA_HOST] });
    const plain = [...hosts.regions].map((region) => `sts.${region}.${partition(own).domain}`);
    assert.deepEqual([...hosts.regionByHost.keys()].sort(), [...plain, EXTRA_HOST].sort());
    assert.deepEqual(hosts.regions, hostsIn(own).regions);
  }
});

test("GovCloud has plain and dual-stack hosts, and no sts-fips. host", () => {
  const hosts = hostsIn("us-gov-west-1");
  for (const region of ["us-gov-west-1", "us-gov-east-1"]) {
    assert.equal(hosts.regionByHost.get(`sts.${region}.amazonaws.com`), region);
    assert.equal(hosts.regionByHost.get(`sts.${region}.api.aws`), region);
    assert.equal(hosts.regionByHost.has(`sts-fips.${region}.amazonaws.com`), false);
    assert.equal(hosts.regionByHost.has(`sts-fips.${region}.api.aws`), false);
  }
});

test("the global host belongs to us-east-1, and only in the partition aws", () => {
  assert.equal(hostsIn("eu-west-1").regionByHost.get("sts.amazonaws.com"), "us-east-1");
  for (const region of ["us-gov-west-1", "cn-north-1", "us-iso-east-1", "us-isob-east-1", "eusc-de-east-1"]) {
    const names = ["sts.amazonaws.com", "sts.amazonaws.com.cn", "sts.c2s.ic.gov", "sts.amazonaws.eu"];
    assert.deepEqual(accepted(hostsIn(region), names), {});
  }
});

test("the partitions aws and aws-us-gov, which share their domains, refuse each other's hosts", () => {
  const names = ["sts.us-west-2.amazonaws.com", "sts.us-west-2.api.aws"];
  const govNames = ["sts.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.api.aws"];
  assert.deepEqual(accepted(hostsIn("us-east-1"), govNames), {});
  assert.deepEqual(accepted(hostsIn("us-gov-east-1"), names), {});
});

test("no partition accepts a host of another partition", () => {
  const regions = ["eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1"];
  for (const own of regions) {
    const others = regions
      .filter((region) => region !== own)
      .flatMap((region) => [...hostsIn(region).regionByHost.keys()]);
    assert.deepEqual(accepted(hostsIn(own), others), {});
  }
});

test("the function's region is accepted with its plain host, even if it is newer than the table", () => {
  const hosts = hostsIn("eu-west-9");
  assert.ok(hosts.regions.has("eu-west-9"));
  assert.equal(hosts.regionByHost.get("sts.eu-west-9.amazonaws.com"), "eu-west-9");
  for (const undocumented of [
    "sts-fips.eu-west-9.amazonaws.com",
    "sts-fips.eu-west-9.api.aws",
    "sts.eu-west-9.api.aws",
  ]) {
    assert.equal(hosts.regionByHost.has(undocumented), false);
  }
  assert.equal(hosts.regionByHost.get(HOST), "us-west-2");
  assert.equal(hostsIn("us-west-2").regionByHost.has("sts.eu-west-9.amazonaws.com"), false);
});

test("STS_REGIONS limits the list and does not add the function's region", () => {
  const hosts = hostsIn("us-west-2", { onlyRegions: ["eu-west-1", "us-east-2"] });
  assert.deepEqual([...hosts.regions], ["eu-west-1", "us-east-2"]);
  const names = [
    "sts.eu-west-1.amazonaws.com",
    "sts-fips.us-east-2.amazonaws.com",
    HOST,
    "sts.us-east-1.amazonaws.com",
  ];
  assert.deepEqual(Object.keys(accepted(hosts, names)), names.slice(0, 2));
});

test("STS_REGIONS treats the global host as us-east-1", () => {
  assert.equal(hostsIn("us-west-2", { onlyRegions: ["us-west-2"] }).regionByHost.has("sts.amazonaws.com"), false);
  assert.equal(hostsIn("us-west-2", { onlyRegions: ["us-east-1"] }).regionByHost.get("sts.amazonaws.com"), "us-east-1");
});

test("a host of STS_EXTRA_HOSTS is accepted with the regions of STS_REGIONS", () => {
  const hosts = hostsIn("us-west-2", { onlyRegions: ["us-west-2"], extraHosts: [EXTRA_HOST] });
  assert.equal(parseToken(tokenWith({}, EXTRA_HOST), hosts, NOW).host, EXTRA_HOST);
  const credential = "AKIALOCALALICEAAAAAA/20260102/us-east-1/sts/aws4_request";
  assert.throws(() => parseToken(tokenWith({ "X-Amz-Credential": credential }, EXTRA_HOST), hosts, NOW), {
    code: "token_region_refused",
    message: 'region "us-east-1" is not accepted here',
  });
});

test("another spelling of a host, or a similar one, is refused with one message that does not repeat it", () => {
  for (const host of Object.values(hostileHosts(HOST)).flat()) {
    const error = denial(tokenOf(withHost(urlWith(), HOST, host)));
    assert.equal(error.code, "token_host_refused", host);
    assert.equal(error.message, "the host is not an accepted STS endpoint");
  }
});
