// The query of a token: strict base64url and percent-encoding, and the names, number, spelling and
// order of its parameters.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeBase64Url,
  decodeComponent,
  encodeComponent,
} from "../../../../functions/authenticator/token/encoding.ts";
import { formatQuery, parseTokenQuery } from "../../../../functions/authenticator/token/query.ts";
import { hasCode } from "../../../../functions/errors.ts";
import { randomRuns } from "../../../extent.ts";
import { PARAMETERS, queryWith, SECURITY_TOKEN } from "./samples.ts";

const RUNS = { numRuns: randomRuns(10_000) };

test("each text has one canonical base64url, and no other text decodes to it", () => {
  const spelling = fc.string({ unit: fc.constantFrom(..."AQgwZ9-_+/= \n") });
  fc.assert(
    fc.property(fc.uint8Array(), spelling, (bytes, text) => {
      assert.equal(
        decodeBase64Url(Buffer.from(bytes).toString("base64url")),
        Buffer.from(bytes).toString("latin1"),
      );
      const decoded = decodeBase64Url(text);
      if (decoded !== undefined)
        assert.equal(Buffer.from(decoded, "latin1").toString("base64url"), text);
    }),
    RUNS,
  );
});

test("unreserved characters and %XX are decoded, only to printable ASCII", () => {
  const vectors = {
    "": "",
    "AZaz09-._~": "AZaz09-._~",
    "%2F%2f%41%7e%20": "//A~ ",
    "%2541": "%41",
  };
  for (const [text, decoded] of Object.entries(vectors))
    assert.equal(decodeComponent(text), decoded);
  for (let code = 0; code < 256; code += 1) {
    const decoded = decodeComponent(`a%${code.toString(16).padStart(2, "0")}b`);
    assert.equal(
      decoded,
      code >= 0x20 && code <= 0x7e ? `a${String.fromCharCode(code)}b` : undefined,
      `${code}`,
    );
  }
});

test("a raw reserved character, a plus sign and a broken escape are refused", () => {
  for (const text of [
    ...Array.from(
      " !\"#$&'()*+,/:;<=>?@[\\]^`{|}%\t\n\0\x7f\x80é\u{1F600}",
      (character) => `a${character}b`,
    ),
    ...[
      "%",
      "%2",
      "%2G",
      "%g2",
      "%%20",
      "%u0041",
      "% 20",
      "%+2",
      "%0x",
      "%-1",
      "a%",
      "%2\n",
      "a\n",
      "%C3%A9",
    ],
  ]) {
    assert.equal(decodeComponent(text), undefined, text);
  }
});

test("all characters except unreserved ones are sent as %XX in upper case, and survive decoding", () => {
  for (let code = 0x20; code <= 0x7e; code += 1) {
    const character = String.fromCharCode(code);
    const sent = /[A-Za-z0-9._~-]/.test(character)
      ? character
      : `%${code.toString(16).toUpperCase()}`;
    assert.equal(encodeComponent(`a${character}${character}`), `a${sent}${sent}`);
    assert.equal(decodeComponent(sent), character);
  }
});

const QUERY = queryWith({ "X-Amz-Security-Token": SECURITY_TOKEN });
const PAIRS = QUERY.split("&");
const SENT = PAIRS.toSorted().join("&");
const NOT_PAIRS = "the query is not a list of percent-encoded name=value pairs";
const unexpected = (name: string) =>
  `unexpected query parameter${name}; only GetCallerIdentity's are allowed`;
const unusable = (name: string) => `query parameter ${name} is empty or has an invalid encoding`;
const withToken = (value: string) => QUERY.replace(/Token=[^&]*/, `Token=${value}`);

function assertRefused(message: string, ...queries: readonly string[]): void {
  for (const query of queries) {
    assert.throws(
      () => parseTokenQuery(query),
      (error) => hasCode(error, "token_parameter_refused") && error.message === message,
      `${query}: ${message}`,
    );
  }
}

test("each of the eight names is required, and no value can be empty", () => {
  assert.equal(Object.keys(PARAMETERS).length, 8);
  for (const name of Object.keys(PARAMETERS)) {
    assertRefused(`query parameter ${name} is missing`, queryWith({ [name]: undefined }));
    assertRefused(unusable(name), queryWith({ [name]: "" }));
  }
  assertRefused(unusable("X-Amz-Security-Token"), withToken(""));
});

test("the security token is optional, and omitted from the sent query if it is missing", () => {
  const query = parseTokenQuery(queryWith());
  assert.equal("X-Amz-Security-Token" in query, false);
  assert.equal(formatQuery(query), SENT.replace(/&X-Amz-Security-Token=[^&]*/, ""));
});

test("a duplicate name is refused and named", () => {
  assertRefused("query parameter Action appears more than once", `${QUERY}&a%63TION=AssumeRole`);
});

test("any other name is refused, and named if it is harmless", () => {
  for (const name of [
    "RoleArn",
    "X-Amz-Content-Sha256",
    "x-k8s-aws-id",
    "Actions",
    "constructor",
    "x".repeat(40),
  ]) {
    assertRefused(unexpected(` "${name}"`), `${QUERY}&${name}=1`, `${name}=1&${QUERY}`);
  }
  for (const name of [
    "",
    "__proto__",
    "Action%20",
    "%20Action",
    "Action%5B%5D",
    "x".repeat(41),
    "X_Amz_Date",
    "%22",
  ]) {
    assertRefused(unexpected(""), `${QUERY}&${name}=1`);
  }
});

test("a query is name=value pairs separated by a single &", () => {
  assertRefused(
    NOT_PAIRS,
    ...["", "&", `&${QUERY}`, `${QUERY}&`, `${QUERY}&Action`, `?${QUERY}`, `${QUERY}&a%0A=1`],
    ...[QUERY.replace("&", ";"), QUERY.replace("=", "=="), QUERY.replace("Action", "Ac+tion")],
  );
  assertRefused(unexpected(""), "=");
});
