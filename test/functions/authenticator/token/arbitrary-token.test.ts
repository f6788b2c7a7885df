// parseToken on arbitrary input always ends in a denial, and soon.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tokenOf } from "../../../token.ts";
import { HOST, parse, queryWith } from "./samples.ts";

const RUNS = { numRuns: 10_000 };
/** CPU time, far above any input's and far below that of a backtracking expression. */
const LONG_MS = 250;

function assertDenied(text: string): void {
  const before = process.threadCpuUsage();
  assert.throws(() => parse(text), { outcome: "denied" });
  const took = process.threadCpuUsage(before).user / 1_000;
  assert.ok(took < LONG_MS, `took ${took} ms`);
}

test("any text is denied: as a token, after the prefix, as bytes in base64url, and in place of the host or the query", () => {
  const any = fc.string({ unit: "binary" });
  const ascii = fc.string({ unit: "binary-ascii", maxLength: 200 });
  const urls = [
    ascii.map((host) => `https://${host}/?${queryWith()}`),
    ...["/?", "/"].map((path) => ascii.map((query) => `https://${HOST}${path}${query}`)),
    fc.uint8Array({ maxLength: 3_100 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  ];
  const tokens = [fc.string({ unit: "binary", maxLength: 5_000 }), any.map((text) => `k8s-aws-v1.${text}`)];
  fc.assert(
    fc.property(fc.oneof(...tokens, ...urls.map((url) => url.map(tokenOf))), (text) => assertDenied(text)),
    RUNS,
  );
});

test("the largest tokens of one repeated piece are parsed without delay", () => {
  for (const piece of ["%", "%2", "%25", "a", "&", "=", "a=", "&a=b", "/", "?", "#", "\n", "Action=", "%41ction=a&"]) {
    for (const before of ["", "https://", `https://${HOST}/?`, `https://${HOST}/?${queryWith()}&`]) {
      assertDenied(tokenOf(before + piece.repeat(Math.floor((3_060 - before.length) / piece.length))));
    }
  }
});
