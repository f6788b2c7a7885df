// Attacks by the text of a token: the victim's URL with changes that another reader would
// understand differently (../token/ has the rules of a date, a region and the signed headers).
// Attacks with unproven tokens, or with tokens for another cluster or service.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  doubledParameters,
  HOSTILE_QUERIES,
  HOSTILE_URLS,
  hostileHosts,
  withHost,
} from "../../../hostile-tokens.ts";
import { localIdentity } from "../../../local-aws.ts";
import { tokenOf } from "../../../token.ts";
import { errorBody, MAPPED, tokenOf as tokenFrom } from "../fixtures.ts";
import { HOST, NOW } from "../token/samples.ts";
import { attacked, authenticatorAt, GRANTED, victimsUrl } from "./authenticate.ts";
import { reviewer, stsAnswers } from "./review.ts";

const { sts, authenticate, url } = await attacked();
beforeEach(() => sts.requests.splice(0));
const PARAMETER = /^token_parameter_refused$/;
const ANY = /^token_(malformed|host_refused|parameter_refused|headers_refused)$/;
/** A client sends UTF-8. */
const latin1 = (text: string) =>
  [...text].every((c) => c < "\u0100") ? text : Buffer.from(text).toString("latin1");
const signed = (options: readonly Parameters<typeof victimsUrl>[0][]) =>
  Promise.all(options.map(victimsUrl));
const withNames = (names: readonly string[], value: string) => {
  return signed(names.map((name) => ({ extraQuery: { [name]: value } })));
};
const edits = (
  title: string,
  rows: Readonly<Record<string, (url: string) => string>>,
  code: RegExp,
) => Object.entries(rows).map(([kind, edit]) => [`${title}: ${kind}`, code, [edit(url)]] as const);

const BROKEN = [
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
];
const DOUBLED = Object.entries(Object.groupBy(doubledParameters(url), ({ name }) => name));
const OTHER_NAMES = [
  "RoleArn",
  "RoleSessionName",
  "DurationSeconds",
  "SignatureVersion",
  "AWSAccessKeyId",
];
const OTHER_HEADERS = ["x-vault-aws-iam-server-id", "x-teleport-challenge", "accept"];

/**
 * Text that WHATWG's URL, or URLSearchParams, would repair, drop or read differently. ../token/ has
 * more of them.
 */
const LENIENT = [
  ...[` ${url}`, `${url}\n`, `${url}#&Action=AssumeRole`, url.replace("https://", "https:\\\\")],
  ...["\\?", "/./?", "/%2e/?"].map((path) => url.replace("/?", path)),
  ...["Act\nion", "Action%00", "+Action", "Action[]", "Action=GetCallerIdentity&Action"].map(
    (name) => url.replace("Action", name),
  ),
  ...["%2B60", "0x3c", "6e1"].map((value) => url.replace("Expires=60", `Expires=${value}`)),
  url.replace("GetCallerIdentity", "GetCallerIdentity%0d%0aHost:%20evil.example"),
];

type Attack = readonly [title: string, code: RegExp, urls: readonly string[]];
// biome-ignore format: a table
const ATTACKS: readonly Attack[] = [
  ...DOUBLED.map(([name, doubled = []]): Attack => {
    return [`CVE-2022-2385: ${name} twice, in any spelling and order,`, PARAMETER, doubled.map((query) => query.url)];
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
  ["cross-cluster replay: the cluster's id as a query parameter instead of the header", PARAMETER, await withNames(["x-k8s-aws-id", "X-K8s-Aws-Id"], "cluster-b")],
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

const MINUTE = 60_000;

test("cross-cluster replay: a token for cluster A is granted at A and refused by STS at B", async () => {
  for (const name of ["alice", "bob", "carol", "root", "federated", "node"]) {
    const token = tokenOf(await victimsUrl({ identity: localIdentity(name) }));
    assert.equal(await authenticate(token), GRANTED);
    for (const other of ["cluster-b", "Cluster-a", "cluster-a.", "cluster-aa", "cluster"]) {
      assert.equal(await authenticatorAt(sts, other)(token), "sts_refused", other);
      assert.equal(sts.requests.at(-1)?.headers["x-k8s-aws-id"], other);
    }
  }
});

test("cross-cluster replay: another host of the same region does not help", async () => {
  for (const host of ["sts-fips.us-west-2.amazonaws.com", "sts.us-west-2.api.aws"]) {
    assert.equal(await authenticate(tokenOf(url.replace(HOST, host))), "sts_refused", host);
  }
});

test("dates without a bound: 900 s in Expires do not extend the 15 minutes", async () => {
  const longest = tokenOf(await victimsUrl({ expiresIn: 900 }));
  assert.equal(await authenticate(longest), GRANTED);
  assert.equal(await authenticate(longest, NOW + 15 * MINUTE + 1), "token_expired");
  const old = await victimsUrl({ now: NOW - 20 * MINUTE });
  const renewed = old.replace("T024405Z", "T030405Z");
  assert.notEqual(renewed, old);
  assert.equal(await authenticate(tokenOf(old)), "token_expired");
  assert.equal(await authenticate(tokenOf(renewed)), "sts_refused");
});

test("only a token that STS proves is granted, whatever is mapped (floci #2905, #2912)", async () => {
  const stored = {
    "pattern/any": [{ arnLike: "arn:*:*:*:*:*", username: "any", groups: ["system:masters"] }],
  };
  const texts = ["", "x", "e30", "eyJ1c2VyIjoiYWRtaW4ifQ", "system:masters", "A".repeat(4_000)];
  for (const token of [
    ...texts.map((text) => `k8s-aws-v1.${text}`),
    tokenFrom("bob", NOW - 15 * MINUTE - 1_000),
  ]) {
    const { outcome, calls } = reviewer(stored);
    assert.match(await outcome(token), /^token_(malformed|expired)$/);
    assert.deepEqual(calls.sts, []);
  }
  assert.equal(
    await reviewer(stored, stsAnswers(403, errorBody("SignatureDoesNotMatch"))).outcome(),
    "sts_refused",
  );
  assert.equal(await reviewer(stored).outcome(), "granted as any");
});

const MINE = "https://kubernetes.default.svc";

/**
 * The configured audiences, the requested ones, and those of a grant: none with `[]`, `undefined`
 * if denied.
 */
for (const [title, audiences, requests, expected] of [
  [
    "a foreign one is denied",
    [MINE],
    [["vault"], ["vault", "x"], [`${MINE}/`], [MINE.toUpperCase()]],
    undefined,
  ],
  ["none is returned if none are configured", [], [["vault"], [MINE], ["vault", MINE]], []],
  ["none is returned if none are requested", [MINE], [undefined, null, []], []],
  [
    "of several, only the configured ones are returned",
    ["y", MINE],
    [["vault", MINE, "x"]],
    [MINE],
  ],
] as const) {
  test(`audiences: ${title}, and a cached identity does not carry them to the next review`, async () => {
    for (const requested of requests) {
      const { status } = reviewer(MAPPED, {}, { audiences });
      for (const _ of ["new", "cached"]) {
        const {
          authenticated,
          error = "",
          ...rest
        } = await status(tokenFrom("bob"), { audiences: requested });
        assert.deepEqual(
          [authenticated, rest.audiences ?? []],
          [expected !== undefined, expected ?? []],
        );
        if (expected === undefined) assert.match(error, /^audience_foreign: /);
        await status(tokenFrom("bob"), { audiences: [MINE] });
      }
    }
  });
}
