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

async function assertRefused(attacked: string, codes: readonly string[]): Promise<void> {
  assert.notEqual(attacked, url);
  const code = await authenticate(tokenOf(attacked));
  assert.ok(codes.includes(code), `${code}: ${attacked}`);
  assert.equal(sts.requests.length, 0, "STS was asked");
}

for (const [kind, hosts] of Object.entries(hostileHosts(HOST))) {
  test(`Project Zero 2066: hosts, ${kind}: refused without a call to STS`, async () => {
    for (const host of hosts) await assertRefused(withHost(url, HOST, host), ["token_host_refused"]);
  });
}

test("Project Zero 2066: the local STS's own address is refused without a call to STS", () =>
  assertRefused(withHost(url, HOST, new URL(sts.url).host), ["token_host_refused"]));

for (const [kind, edit] of Object.entries(HOSTILE_URLS)) {
  test(`Project Zero 2066: ${kind} is refused without a call to STS`, () =>
    assertRefused(edit(url), ["token_malformed", "token_host_refused"]));
}

for (const [kind, edit] of Object.entries(HOSTILE_QUERIES)) {
  test(`Project Zero 2066: ${kind} is refused without a call to STS`, () =>
    assertRefused(edit(url), ["token_parameter_refused"]));
}

test("Project Zero 2066: a broken escape in the query is refused without a call to STS", async () => {
  for (const broken of [
    "%",
    "%2",
    "%zz",
    "%%",
    "%u002F",
    "%C0%AF",
    "%c3%28",
    "%00",
    "%0a",
    "+",
    " ",
    "\n",
    "\t",
    "é",
  ]) {
    for (const attacked of [
      `${url}${broken}`,
      `${url}&${broken}=1`,
      url.replace("Action=", `Action=${broken}`),
      url.replace("Action=", `Action${broken}=`),
      url.replace("%2F", broken),
      url.replace("?", `?${broken}&`),
    ]) {
      const utf8 = Buffer.from(attacked).toString("latin1");
      await assertRefused(utf8, ["token_parameter_refused", "token_headers_refused"]);
    }
  }
});
