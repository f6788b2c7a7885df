// The built bundle beside aws-iam-authenticator's server: they decide alike, or differ as
// test/e2e/README.md states.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { useServer } from "../cli/fixtures.ts";
import { edited } from "../functions/authenticator/token/edits.ts";
import { ALIKE, DIFFERENT, NAMED } from "./peer/cases.ts";
import { goodToken } from "./peer/identities.ts";
import { startSideBySide } from "./peer/side-by-side.ts";

const page = readFileSync(join(import.meta.dirname, "README.md"), "utf8");
/** Our decision, the peer's, the rule, the peer's source. */
const rows = [...page.matchAll(/^\| ([^|]+) \| ([^|]+) \| (\d[\d, ]*: [^|]+) \| `[^|]+ \|$/gm)];
const LISTED = rows.map(([, ours = "", theirs = "", rule = ""]) => ({
  ours: ours.replaceAll("`", ""),
  theirs,
  rule,
}));

// On other systems, Go ignores SSL_CERT_FILE: https://pkg.go.dev/crypto/x509#SystemCertPool
const skip = platform() !== "linux" && "the peer can trust the local STS only on Linux";

describe("beside aws-iam-authenticator's server", { skip }, () => {
  const servers = useServer(startSideBySide);

  for (const { ours, theirs, rule } of LISTED) {
    test(`${rule}: ${ours}; the peer: ${theirs}`, async () => {
      const cases = DIFFERENT[rule] ?? assert.fail("no case");
      for (const [index, make] of cases.entries()) {
        assert.deepEqual(await servers.decide(make), { ours, theirs }, `case ${index}`);
      }
    });
  }

  for (const [decision, cases] of Object.entries(ALIKE)) {
    test(`${decision} by both`, async () => {
      for (const [index, make] of cases.entries()) {
        const { ours, theirs } = await servers.decide(make);
        assert.deepEqual(
          [ours.replace(/ \w+$/, ""), theirs],
          [decision, decision],
          `case ${index}: ${ours}`,
        );
      }
    });
  }

  test("of 1,000 edited tokens, the peer grants all that we grant", async () => {
    const count = { granted: 0, denied: 0 };
    const random = fc.asyncProperty(
      edited([await goodToken(), await goodToken()]),
      async ({ text }) => {
        const { ours, theirs } = await servers.decide(() => ({ token: text, sts: NAMED }));
        count[ours === "granted" ? "granted" : "denied"] += 1;
        if (ours === "granted") assert.equal(theirs, "granted");
      },
    );
    await fc.assert(random, { numRuns: 1000, seed: 1 });
    assert.ok(count.granted > 100 && count.denied > 100, JSON.stringify(count));
  });

  test("test/e2e/README.md lists each rule", () => {
    assert.deepEqual(LISTED.map(({ rule }) => rule).sort(), Object.keys(DIFFERENT).sort());
  });

  test("the peer connects only to STS", () => {
    const others = [...servers.targets].filter(
      (target) => !/^sts(-fips)?\.[a-z0-9.-]+:443$/i.test(target),
    );
    assert.deepEqual(others, []);
  });
});
