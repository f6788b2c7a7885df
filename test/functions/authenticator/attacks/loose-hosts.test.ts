// Project Zero 2066: hosts that look like STS, or that another parser reads as STS, and malformed queries.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HOSTILE_QUERIES, HOSTILE_URLS, hostileHosts, withHost } from "../../../hostile-tokens.ts";
import { tokenOf } from "../../../token.ts";
import { HOST } from "../token/samples.ts";
import { attacked } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();

const QUERY = /^token_parameter_refused$/;
const BROKEN = ["%", "%2", "%zz", "%%", "%u002F", "%C0%AF", "%c3%28", "%00", "%0a", "+", " ", "\n", "\t", "é"];
const edits = (rows: Readonly<Record<string, (url: string) => string>>, code: RegExp) =>
  Object.entries(rows).map(([kind, edit]) => [kind, code, [edit(url)]] as const);

for (const [kind, code, urls] of [
  ...Object.entries({ ...hostileHosts(HOST), "the local STS's own address": [new URL(sts.url).host] }).map(
    ([kind, hosts]) =>
      [`hosts, ${kind}:`, /^token_host_refused$/, hosts.map((host) => withHost(url, HOST, host))] as const,
  ),
  ...edits(HOSTILE_URLS, /^token_(malformed|host_refused)$/),
  ...edits(HOSTILE_QUERIES, QUERY),
  [
    "a broken escape in the query",
    /^token_(parameter|headers)_refused$/,
    BROKEN.flatMap((broken) => [
      `${url}${broken}`,
      `${url}&${broken}=1`,
      url.replace("Action=", `Action=${broken}`),
      url.replace("Action=", `Action${broken}=`),
      url.replace("%2F", broken),
      url.replace("?", `?${broken}&`),
    ]).map((forged) => Buffer.from(forged).toString("latin1")),
  ] as const,
]) {
  test(`Project Zero 2066: ${kind} is refused without a call to STS`, async () => {
    for (const forged of urls) {
      assert.notEqual(forged, url);
      assert.match(await authenticate(tokenOf(forged)), code, forged);
    }
    assert.equal(sts.requests.length, 0, "STS was asked");
  });
}
