// The settings for STS and endpoints: STS_REGIONS, STS_EXTRA_HOSTS and AWS_ENDPOINT_URL_*.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertBad, read } from "./read-settings.ts";

test("STS_REGIONS accepts only known regions of the function's partition, and its own region even if it is new", () => {
  const message = /^STS_REGIONS must be a list of regions of the partition aws, not "\S+"$/;
  assertBad("STS_REGIONS", ["eu-west-1,eu-west-9", "us-gov-west-1", "cn-north-1", "EU-WEST-1", "aws-global"], message);
  const { regions } = read({ AWS_REGION: "eu-west-9", STS_REGIONS: "eu-west-9,eu-west-1" }).stsHosts;
  assert.deepEqual([...regions], ["eu-west-9", "eu-west-1"]);
});

test("STS_EXTRA_HOSTS are added with the region of the credential", () => {
  const hosts = ["vpce-0123-abc.sts.eu-west-1.vpce.amazonaws.com", "sts.internal", "localhost", "a".repeat(253)];
  const { regionByHost } = read({ STS_EXTRA_HOSTS: hosts.join(", ") }).stsHosts;
  for (const host of hosts) assert.deepEqual([regionByHost.has(host), regionByHost.get(host)], [true, undefined]);
});

test("STS_EXTRA_HOSTS are lower-case host names without scheme, port, path, wildcard and trailing dot", () => {
  assertBad("STS_EXTRA_HOSTS", [
    ...["STS.internal", "sts.internal:8443", "https://sts.internal", "sts.internal/", "sts.internal.", ".internal"],
    ...["*.internal", "sts internal", "user@sts.internal", "[::1]", "sts_internal", "-", "sts.internal-", "é", "a\nb"],
    "a".repeat(254),
  ]);
});

test("AWS_ENDPOINT_URL_STS is only scheme, host and port", () => {
  for (const url of ["https://vpce-0123.example.com/", "https://sts.internal:8443/", "http://127.0.0.1:4566/"]) {
    assert.equal(read({ AWS_ENDPOINT_URL_STS: url }).stsEndpoint?.href, url);
    assert.equal(read({ AWS_ENDPOINT_URL_STS: url.replace(/\/$/, "") }).stsEndpoint?.href, url);
  }
  const more = ["sts.internal/path", "sts.internal/?a=b", "sts.internal/#a", "user@sts.internal", ":pw@sts.internal"];
  const message = "a URL with only scheme, host and port";
  assertBad(
    "AWS_ENDPOINT_URL_STS",
    more.map((rest) => `https://${rest}`),
    message,
  );
});

test("endpoints are https://, or http:// for loopback and host.docker.internal", () => {
  const local = ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "host.docker.internal", "LOCALHOST"];
  const remote = ["sts.amazonaws.com", "10.0.0.1", "169.254.169.254", "[::2]", "0.0.0.0", "128.0.0.1", "localhost."];
  const similar = ["127.0.0.1.example.com", "xlocalhost", "host.docker.internal.example.com", "hostxdocker.internal"];
  const other = ["sts.internal", "//sts.internal", "ftp://sts.internal", "file:///etc/passwd", "localhost:4566"];
  for (const service of ["", "_STS", "_SSM", "_EC2", "_IAM"]) {
    const name = `AWS_ENDPOINT_URL${service}`;
    for (const host of local) read({ [name]: `http://${host}:4566` });
    read({ [name]: "https://vpce-0123.example.com" });
    const plain = [...remote, ...similar, "localhost.example.com"].map((host) => `http://${host}`);
    assertBad(name, plain, "a URL that begins with https:// (http:// is only for ");
    assertBad(
      name,
      [...other, "https://", "https:// sts.internal", "ws://127.0.0.1"],
      "a URL that begins with https://",
    );
  }
});

test("AWS_ENDPOINT_URL_STS changes neither the hosts nor the regions", () => {
  const { stsHosts } = read({ AWS_ENDPOINT_URL_STS: "https://sts.internal" });
  assert.deepEqual(stsHosts, read({}).stsHosts);
  assert.equal(stsHosts.regionByHost.has("sts.internal"), false);
});

test("AWS_ENDPOINT_URL_SSM has precedence over AWS_ENDPOINT_URL, and the region's host is the default", () => {
  const ssm = "https://ssm.internal:8443/path";
  assert.equal(read({ AWS_ENDPOINT_URL_SSM: ssm }).ssmEndpoint.href, ssm);
  assert.equal(read({ AWS_ENDPOINT_URL: "http://localhost:4566" }).ssmEndpoint.href, "http://localhost:4566/");
  assert.equal(read({ AWS_ENDPOINT_URL: "http://localhost:4566", AWS_ENDPOINT_URL_SSM: ssm }).ssmEndpoint.href, ssm);
  assert.equal(read({ AWS_REGION: "us-gov-west-1" }).ssmEndpoint.href, "https://ssm.us-gov-west-1.amazonaws.com/");
});

test("an endpoint with a password is refused without showing it", () => {
  assertBad("AWS_ENDPOINT_URL_STS", ["https://user:hunter2@sts.internal"], /^(?!.*hunter2)/);
});

test("STS_HOSTS is all or regional, which accepts only plain regional hosts", () => {
  assert.deepEqual(read({ STS_HOSTS: "all" }), read({}));
  const { regionByHost } = read({ STS_HOSTS: "regional", STS_REGIONS: "us-east-1" }).stsHosts;
  assert.deepEqual([...regionByHost.keys()], ["sts.us-east-1.amazonaws.com"]);
  assertBad("STS_HOSTS", ["Regional", "none", "regional,all"], /^STS_HOSTS must be one of all, regional, not "/);
});
