// Project Zero 2066: hosts that look like STS, or that another parser reads as STS, and a malformed query.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { tokenOf } from "../../../token.ts";
import { HOST, NOW } from "../token/samples.ts";
import { authenticatorAt, victimsUrl } from "./authenticate.ts";

const sts = await startSts({ now: () => NOW });
after(() => sts.close());
const authenticate = authenticatorAt(sts);
const url = await victimsUrl();

async function assertAllRefused(urls: readonly string[], codes: readonly string[]): Promise<void> {
  for (const attacked of urls) {
    assert.notEqual(attacked, url);
    const utf8 = Buffer.from(attacked).toString("latin1");
    assert.ok(codes.includes(await authenticate(tokenOf(utf8))), attacked);
  }
  assert.equal(sts.requests.length, 0, "STS was asked");
}

function withHosts(...hosts: readonly string[]): string[] {
  return hosts.map((host) => url.replace(HOST, host));
}

const HOST_REFUSED = ["token_host_refused"];

test("Project Zero 2066: look-alike hosts are refused and STS is not asked", () =>
  assertAllRefused(
    withHosts(
      ...["sts.us-west-2.amazonaws.com.evil.example", "sts.us-west-2xamazonaws.com", "stsxus-west-2.amazonaws.com"],
      ...["evil-sts.us-west-2.amazonaws.com", "sts.evil.us-west-2.amazonaws.com", "sts.us-west-2.amazonaws.co"],
      ...["sts.us-west-2.amazonaws.com.cn", "s3.us-west-2.amazonaws.com", "bucket.s3.us-west-2.amazonaws.com"],
      ...["sts.us-west-2.amazonaws.com.s3-website-us-west-2.amazonaws.com", "website.amazonaws.com"],
      ...["sts.execute-api.us-west-2.amazonaws.com", "sts.us-west-2.elb.amazonaws.com", "sts-us-west-2.amazonaws.com"],
      ...["sts.amazon.com", "sts.aws.amazon.com", "sts.us-west-2.api.aws.evil.example", "sts.us-west-2.aws"],
    ),
    HOST_REFUSED,
  ));

test("Project Zero 2066: userinfo, ports, dots and cases are refused and STS is not asked", () =>
  assertAllRefused(
    withHosts(
      ...[
        `evil.example@${HOST}`,
        `${HOST}@evil.example`,
        `${HOST}:x@evil.example`,
        `evil.example:443@${HOST}`,
        `@${HOST}`,
      ],
      ...[`${HOST}:443`, `${HOST}:80`, `${HOST}:`, `${HOST}:0443`, `${HOST}.`, `.${HOST}`, `${HOST}..`, `${HOST}%00`],
      ...[HOST.toUpperCase(), HOST.replace("s", "S"), `${HOST}\\@evil.example`, `evil.example\\.${HOST}`, `${HOST}%2F`],
      ...[
        ` ${HOST}`,
        `${HOST} `,
        `\t${HOST}`,
        `${HOST}\r\nHost: evil.example`,
        `${HOST}\0`,
        `${HOST}%0d%0a`,
        `${HOST},x`,
      ],
    ),
    HOST_REFUSED,
  ));

test("Project Zero 2066: names of other scripts and encodings that become STS's are refused and STS is not asked", () =>
  assertAllRefused(
    withHosts(
      ...[HOST.replaceAll(".", "。"), HOST.replaceAll(".", "．"), HOST.replaceAll(".", "｡"), HOST.replace("s", "ｓ")],
      ...[HOST.replace("a", "а"), HOST.replace("s", "ſ"), HOST.replace("t", "t\u00ad"), HOST.replace("o", "º")],
      ...[
        HOST.replaceAll(".", "%2E"),
        HOST.replace("s", "%73"),
        HOST.replace("amazonaws", "xn--mazonaws-3fg"),
        "ⓢts.com",
      ],
    ),
    HOST_REFUSED,
  ));

test("Project Zero 2066: addresses and hosts of this network are refused and STS is not asked", () =>
  assertAllRefused(
    withHosts("127.0.0.1", "localhost", "[::1]", "169.254.169.254", "2130706433", "0x7f.1", new URL(sts.url).host, ""),
    HOST_REFUSED,
  ));

test("Project Zero 2066: an unlisted region is refused and STS is not asked", () =>
  assertAllRefused(
    withHosts("sts.not-a-region.amazonaws.com", "sts.us-west-9.amazonaws.com", "sts.us-gov-west-1.amazonaws.com"),
    HOST_REFUSED,
  ));

test("Project Zero 2066: a host that begins in the userinfo, the path, the query or the fragment is refused", () =>
  assertAllRefused(
    [
      url.replace(`https://${HOST}/`, `https://evil.example/${HOST}/`),
      url.replace(`https://${HOST}/`, `https://evil.example/?${HOST}/`),
      url.replace(`https://${HOST}/`, `https://evil.example#${HOST}/`),
      url.replace(`https://${HOST}/`, `https://evil.example#@${HOST}/`),
      url.replace(`https://${HOST}/`, `https://evil.example?@${HOST}/`),
      url.replace("https://", "https:evil.example//"),
      url.replace("https://", "https:/"),
      url.replace("https://", "https:\\\\"),
      url.replace("https://", "http://"),
      url.replace("https://", "//"),
    ],
    ["token_malformed", "token_host_refused"],
  ));

test("Project Zero 2066: a semicolon in the query is refused and STS is not asked", () =>
  assertAllRefused(
    [
      `${url};Action=AssumeRole`,
      url.replaceAll("&", ";"),
      url.replace("&", ";"),
      url.replace("?", "?;"),
      url.replace("Action=", "Action=AssumeRole;Action="),
      url.replace("host%3B", "host;"),
    ],
    ["token_parameter_refused"],
  ));

test("Project Zero 2066: a broken escape in the query is refused and STS is not asked", () =>
  assertAllRefused(
    ["%", "%2", "%zz", "%%", "%u002F", "%C0%AF", "%c3%28", "%00", "%0a", "+", " ", "\n", "\t", "é"].flatMap(
      (broken) => [
        `${url}${broken}`,
        `${url}&${broken}=1`,
        url.replace("Action=", `Action=${broken}`),
        url.replace("Action=", `Action${broken}=`),
        url.replace("%2F", broken),
        url.replace("?", `?${broken}&`),
      ],
    ),
    ["token_parameter_refused", "token_headers_refused"],
  ));
