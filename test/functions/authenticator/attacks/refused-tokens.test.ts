// Attacks by the text of a token: the victim's URL with changes that another reader would understand differently. ../token/ has
// the rules of a date, a region and the signed headers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { doubledParameters, HOSTILE_QUERIES, HOSTILE_URLS, hostileHosts, withHost } from "../../../hostile-tokens.ts";
import { tokenOf } from "../../../token.ts";
import { HOST } from "../token/samples.ts";
import { attacked, GRANTED, victimsUrl } from "./authenticate.ts";

const { sts, authenticate, url } = await attacked();
const PARAMETER = /^token_parameter_refused$/;
const ANY = /^token_(malformed|host_refused|parameter_refused|headers_refused)$/;
/** A client sends UTF-8. */
const latin1 = (text: string) => ([...text].every((c) => c < "\u0100") ? text : Buffer.from(text).toString("latin1"));
const signed = (options: readonly Parameters<typeof victimsUrl>[0][]) => Promise.all(options.map(victimsUrl));
const withNames = (names: readonly string[], value: string) => {
  return signed(names.map((name) => ({ extraQuery: { [name]: value } })));
};
const edits = (title: string, rows: Readonly<Record<string, (url: string) => string>>, code: RegExp) =>
  Object.entries(rows).map(([kind, edit]) => [`${title}: ${kind}`, code, [edit(url)]] as const);

const BROKEN = ["%", "%2", "%zz", "%%", "%u002F", "%C0%AF", "%c3%28", "%00", "%0a", "+", " ", "\n", "\t", "é"];
const DOUBLED = Object.entries(Object.groupBy(doubledParameters(url), ({ name }) => name));
const OTHER_NAMES = ["RoleArn", "RoleSessionName", "DurationSeconds", "SignatureVersion", "AWSAccessKeyId"];
const OTHER_HEADERS = ["x-vault-aws-iam-server-id", "x-teleport-challenge", "accept"];

/** Text that WHATWG's URL, or URLSearchParams, would repair, drop or read differently. ../token/ has more of them. */
const LENIENT = [
  ...[` ${url}`, `${url}\n`, `${url}#&Action=AssumeRole`, url.replace("https://", "https:\\\\")],
  ...["\\?", "/./?", "/%2e/?"].map((path) => url.replace("/?", path)),
  ...["Act\nion", "Action%00", "+Action", "Action[]", "Action=GetCallerIdentity&Action"].map((name) =>
    url.replace("Action", name),
  ),
  ...["%2B60", "0x3c", "6e1"].map((value) => url.replace("Expires=60", `Expires=${value}`)),
  url.replace("GetCallerIdentity", "GetCallerIdentity%0d%0aHost:%20evil.example"),
];

type Attack = readonly [title: string, code: RegExp, urls: readonly string[]];
const ATTACKS: readonly Attack[] = [
  ...DOUBLED.map(([name, doubled = []]): Attack => {
    return [`CVE-2022-2385: ${name} twice, in any spelling and order,`, PARAMETER, doubled.map((one) => one.url)];
  }),
  ["CVE-2022-2385: a second action, also signed", PARAMETER, await withNames(["action", "ACTION"], "AssumeRole")],
  ["CVE-2022-2385: a parameter that STS would use", PARAMETER, await withNames(OTHER_NAMES, "AssumeRole")],
  ...Object.entries({ ...hostileHosts(HOST), "the local STS's own address": [new URL(sts.url).host] }).map(
    ([kind, hosts]): Attack => [
      `Project Zero 2066: hosts, ${kind}:`,
      /^token_host_refused$/,
      hosts.map((host) => withHost(url, HOST, host)),
    ],
  ),
  ...edits("Project Zero 2066", HOSTILE_URLS, /^token_(malformed|host_refused)$/),
  ...edits("Project Zero 2066", HOSTILE_QUERIES, PARAMETER),
  [
    "Project Zero 2066: a broken escape in the query",
    ANY,
    BROKEN.flatMap((broken) => [
      ...[`${url}${broken}`, `${url}&${broken}=1`, url.replace("%2F", broken), url.replace("?", `?${broken}&`)],
      ...[url.replace("Action=", `Action=${broken}`), url.replace("Action=", `Action${broken}=`)],
    ]).map(latin1),
  ],
  ["Teleport 67620: text that WHATWG's URL or URLSearchParams would read differently", ANY, LENIENT.map(latin1)],
  [
    "cross-cluster replay: the cluster's id as a query parameter instead of the header",
    PARAMETER,
    await withNames(["x-k8s-aws-id", "X-K8s-Aws-Id"], "cluster-b"),
  ],
  [
    "cross-cluster replay: a GetCallerIdentity signed for another purpose, with other headers",
    /^token_headers_refused$/,
    await signed(OTHER_HEADERS.map((name) => ({ extraSignedHeaders: { [name]: "application/json" } }))),
  ],
];

for (const [title, code, urls] of ATTACKS) {
  test(`${title} is refused without a call to STS`, async () => {
    for (const forged of urls) {
      assert.notEqual(forged, url);
      assert.match(await authenticate(tokenOf(forged)), code, forged);
    }
    assert.deepEqual(sts.requests, []);
  });
}

test("the unchanged token is granted (control)", async () => {
  assert.equal(DOUBLED.length, 9);
  assert.equal(await authenticate(tokenOf(url)), GRANTED);
});
