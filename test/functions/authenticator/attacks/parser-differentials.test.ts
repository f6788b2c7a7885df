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

test("Teleport 67620: text that WHATWG's URL would repair or drop is refused, and STS receives nothing", async () => {
  for (const attacked of [
    ` ${url}`,
    `${url} `,
    `${url}\n`,
    `\t${url}`,
    url.replace("https", "HTTPS"),
    url.replace("https://", "https:///"),
    url.replace("https://", "https:\\\\"),
    url.replace("/?", "\\?"),
    url.replace("/?", "?"),
    url.replace("/?", "/./?"),
    url.replace("/?", "/../?"),
    url.replace("/?", "/%2e/?"),
    url.replace("Action", "Act\nion"),
    url.replace("Action", "Act\tion"),
    url.replace("GetCaller", "Get\r\nCaller"),
    url.replace("amazonaws", "amazon\taws"),
    `${url}#&Action=AssumeRole`,
    `${url}#`,
    url.replace("/?", "/#?"),
    url.replace("%2F", "/"),
    url.replace("GetCaller", "G\u200betCaller"),
  ]) {
    assert.ok(URL.canParse(attacked), attacked);
    assert.notEqual(attacked, url);
    const [outcome, targets] = await received(attacked);
    assert.match(outcome, /^token_(malformed|host_refused|parameter_refused)$/, attacked);
    assert.deepEqual(targets, []);
  }
});

test("Teleport 67620: text that URLSearchParams would read differently is refused, and STS receives nothing", async () => {
  for (const attacked of [
    `${url}&`,
    url.replace("?", "?&"),
    url.replace("&", "&&"),
    url.replace("?", "??"),
    `${url}&=`,
    `${url}&Action`,
    url.replace("Action=GetCallerIdentity", "Action"),
    url.replace("=GetCallerIdentity", "==GetCallerIdentity"),
    url.replace("%3B", ";"),
    url.replace("aws4_request", "aws4_request+"),
    url.replace("Action=", "+Action="),
    url.replace("Action=", "Action%00="),
    url.replace("Action=", "Action%20="),
    url.replace("Action=", "Action[]="),
    url.replace("Expires=60", "Expires=%2B60"),
    url.replace("Expires=60", "Expires=6%00"),
    url.replace("Expires=60", "Expires=0x3c"),
    url.replace("Expires=60", "Expires=6e1"),
    url.replace("GetCallerIdentity", "GetCallerIdentity%0d%0aHost:%20evil.example"),
    url.replace("Signature=", "Signature=%20"),
  ]) {
    assert.notEqual(attacked, url);
    const [outcome, targets] = await received(attacked);
    assert.match(outcome, /^token_(malformed|parameter_refused|headers_refused)$/, attacked);
    assert.deepEqual(targets, []);
  }
});

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
