// Teleport 67620: one parse was validated, and another string was sent. Compares the bytes that STS receives.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startHttpServer } from "../../../../local/http-server.ts";
import { callerIdentity } from "../../../../local/sts/answer.ts";
import { tokenOf } from "../../../token.ts";
import { HOST } from "../token/samples.ts";
import { authenticatorAt, CLUSTER_ID, VICTIM, victimsUrl } from "./authenticate.ts";

/** Grants every request, as an STS would that parses it in the attacker's way. */
const stub = await startHttpServer((request) => callerIdentity(request, VICTIM));
after(() => stub.close());
const authenticate = authenticatorAt(stub);
const url = await victimsUrl();
const GRANTED = `granted ${VICTIM.arn}`;

/** Sends the token of `attacked`. Returns what STS received. */
async function received(attacked: string): Promise<readonly [outcome: string, targets: readonly string[]]> {
  stub.requests.length = 0;
  const outcome = await authenticate(tokenOf(Buffer.from(attacked).toString("latin1")));
  return [outcome, stub.requests.map(({ target }) => target)];
}

test("Teleport 67620: equivalent spellings all reach STS as the same canonical request", async () => {
  const target = url.slice(`https://${HOST}`.length);
  const pairs = url.slice(url.indexOf("?") + 1).split("&");
  for (const query of [
    pairs,
    pairs.toReversed(),
    pairs.map((pair) => pair.replace(/^[^=]+/, (name) => name.toLowerCase())),
    pairs.map((pair) => pair.replace(/^[^=]+/, (name) => name.toUpperCase())),
    pairs.map((pair) => pair.replace(/%../g, (code) => code.toLowerCase())),
    pairs.map((pair) => pair.replace(/[A-Za-y](?=[^%]*=)/, (c) => `%${c.charCodeAt(0).toString(16)}`)),
    pairs.map((pair) => pair.replace("AWS4", "%41%57%53%34").replace("-", "%2d").replace("_", "%5F")),
  ]) {
    assert.deepEqual(await received(`https://${HOST}/?${query.join("&")}`), [GRANTED, [target]]);
  }
  const [request] = stub.requests;
  assert.equal(request?.method, "GET");
  assert.equal(request?.body.length, 0);
  assert.deepEqual(request?.rawHeaders, [
    ...["host", HOST, "accept", "application/json", "x-k8s-aws-id", CLUSTER_ID, "Connection", "keep-alive"],
  ]);
});

/** By parser: texts that it would repair, drop or read differently. */
const LENIENT: Readonly<Record<string, readonly string[]>> = {
  "WHATWG's URL": [
    ...[` ${url}`, `${url} `, `${url}\n`, `\t${url}`, `${url}#&Action=AssumeRole`, `${url}#`],
    ...["HTTPS://", "https:///", "https:\\\\"].map((start) => url.replace("https://", start)),
    ...["\\?", "?", "/./?", "/../?", "/%2e/?", "/#?"].map((path) => url.replace("/?", path)),
    ...["Act\nion", "Act\tion"].map((name) => url.replace("Action", name)),
    url.replace("GetCaller", "Get\r\nCaller"),
    url.replace("amazonaws", "amazon\taws"),
    url.replace("%2F", "/"),
    url.replace("GetCaller", "G\u200betCaller"),
  ],
  URLSearchParams: [
    ...[`${url}&`, `${url}&=`, `${url}&Action`, url.replace("?", "?&"), url.replace("&", "&&"), url.replace("?", "??")],
    ...["Action", "Action==GetCallerIdentity"].map((pair) => url.replace("Action=GetCallerIdentity", pair)),
    ...["+Action=", "Action%00=", "Action%20=", "Action[]="].map((name) => url.replace("Action=", name)),
    ...["%2B60", "6%00", "0x3c", "6e1"].map((value) => url.replace("Expires=60", `Expires=${value}`)),
    url.replace("%3B", ";"),
    url.replace("aws4_request", "aws4_request+"),
    url.replace("GetCallerIdentity", "GetCallerIdentity%0d%0aHost:%20evil.example"),
    url.replace("Signature=", "Signature=%20"),
  ],
};

for (const [parser, texts] of Object.entries(LENIENT)) {
  test(`Teleport 67620: text that ${parser} would accept in another reading is refused, and STS receives nothing`, async () => {
    for (const attacked of texts) {
      assert.ok(URL.canParse(attacked), attacked);
      assert.notEqual(attacked, url);
      const [outcome, targets] = await received(attacked);
      assert.match(outcome, /^token_(malformed|host_refused|parameter_refused|headers_refused)$/, attacked);
      assert.deepEqual(targets, []);
    }
  });
}

test("Teleport 67620: text that Buffer would decode to the same bytes is refused, and STS receives nothing", async () => {
  const token = tokenOf(url);
  const start = "k8s-aws-v1.".length;
  const bytes = Buffer.from(token.slice(start), "base64url");
  for (const spelling of ["=", "==", "\n", " ", ".", "!", "\0"].flatMap((c) => [
    token + c,
    token.slice(0, 60) + c + token.slice(60),
  ])) {
    assert.deepEqual(Buffer.from(spelling.slice(start), "base64url").subarray(0, 30), bytes.subarray(0, 30));
    stub.requests.length = 0;
    assert.equal(await authenticate(spelling), "token_malformed", spelling);
    assert.equal(stub.requests.length, 0);
  }
});
