// The signature of AWS's published example, and query encoding.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalQuery, parseQuery } from "../../../local/sts/query.ts";
import { expectedSignature } from "../../../local/sts/signature.ts";

// The worked example of the AWS General Reference, "Signature Version 4 signing process"
const EXAMPLE = {
  request: {
    method: "GET",
    target: "/?Version=2010-05-08&Action=ListUsers",
    headers: {},
    rawHeaders: [
      "Host",
      "iam.amazonaws.com",
      "Content-Type",
      "  application/x-www-form-urlencoded;   charset=utf-8 ",
      "X-Amz-Date",
      "20150830T123600Z",
    ],
    body: Buffer.alloc(0),
  },
  authentication: {
    accessKeyId: "AKIDEXAMPLE",
    scope: ["20150830", "us-east-1", "iam", "aws4_request"],
    signedHeaders: ["content-type", "host", "x-amz-date"],
    signature: "",
    timestamp: "20150830T123600Z",
    sessionToken: undefined,
    signedQuery: parseQuery("Version=2010-05-08&Action=ListUsers"),
  },
  secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
} as const;

test("AWS's example has AWS's signature", () => {
  assert.equal(
    expectedSignature(EXAMPLE.request, EXAMPLE.authentication, EXAMPLE.secret),
    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  );
});

test("a query is decoded, re-encoded, and sorted by name, then by value", () => {
  for (const [raw, canonical] of [
    ["b=2&a=1", "a=1&b=2"],
    ["a=2&a=1", "a=1&a=2"],
    ["a=1&A=2", "A=2&a=1"],
    ["a=%2f%2F", "a=%2F%2F"],
    ["a=%7e~%41", "a=~~A"],
    ["a=!'()*", "a=%21%27%28%29%2A"],
    ["a=%C3%A9%00", "a=%C3%A9%00"],
    ["a=x+y%2Bz", "a=x%20y%2Bz"],
    ["a&b=&&c=d=e", "a=&b=&c=d%3De"],
  ] as const) {
    assert.equal(canonicalQuery(parseQuery(raw)), canonical, raw);
  }
});
