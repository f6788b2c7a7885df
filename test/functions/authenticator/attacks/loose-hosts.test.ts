// Project Zero 2066: hosts that look like STS, or that another parser reads as STS, and malformed queries.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startSts } from "../../../../local/sts/start-sts.ts";
import { HOSTILE_QUERIES, HOSTILE_URLS, hostileHosts, withHost } from "../../../hostile-tokens.ts";
import { tokenOf } from "../../../token.ts";
import { HOST, NOW } from "../token/samples.ts";
import { authenticatorAt, victimsUrl } from "./authenticate.ts";

const sts = await startSts({ now: () => NOW });
after(() => sts.close());
const authenticate = authenticatorAt(sts);
const url = await victimsUrl();

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
    ]).map((attacked) => Buffer.from(attacked).toString("latin1")),
  ] as const,
]) {
  test(`Project Zero 2066: ${kind} is refused without a call to STS`, async () => {
    for (const attacked of urls) {
      assert.notEqual(attacked, url);
      assert.match(await authenticate(tokenOf(attacked)), code, attacked);
    }
    assert.equal(sts.requests.length, 0, "STS was asked");
  });
}
