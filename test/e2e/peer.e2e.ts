// Compares 10,000 reviews of the built bundle and of aws-iam-authenticator's server: a rule explains every difference.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { platform } from "node:os";
import { before, describe, test } from "node:test";
import { findAwsIamAuthenticator } from "./binaries/binaries.ts";
import { startComparison } from "./peer/compare.ts";
import { makeCases } from "./peer/make-cases.ts";
import { FORM_RULES } from "./peer/review-rules.ts";
import { CONDITIONS, LISTED, RULES } from "./peer/rule.ts";
import { runSideBySide, type SideBySide } from "./peer/side-by-side.ts";

const TOTAL = 10_000;
/** Seed of the random cases. */
const SEED = Number(process.env["PEER_SEED"] || 1);

// On other systems, Go ignores SSL_CERT_FILE: https://pkg.go.dev/crypto/x509#SystemCertPool
const skip = platform() !== "linux" && "the peer can trust the local STS only on Linux";

describe("beside aws-iam-authenticator's server", { skip }, () => {
  const comparison = startComparison();
  let run: SideBySide;
  before(async () => {
    const program = findAwsIamAuthenticator();
    const version = execFileSync(program, ["version"], { encoding: "utf8" }).trim();
    const start = performance.now();
    run = await runSideBySide(program, makeCases(SEED, TOTAL), TOTAL, comparison.add);
    const seconds = Math.round((performance.now() - start) / 1000);
    const { askedFor } = run;
    console.log(`aws-iam-authenticator ${version}; PEER_SEED=${SEED}; ${TOTAL} reviews of each in ${seconds} s`);
    console.log(`STS received requests for ${askedFor.ours} of our reviews and ${askedFor.theirs} of the peer's`);
    const counts = [
      ...comparison.agreed,
      ...comparison.byForm,
      ...[...comparison.byRule].map(([rule, n]) => [rule.says, n]),
    ];
    for (const [what, count] of counts) console.log(`${count} ${what}`);
  });

  test("a rule explains each difference", () => {
    const { unexplained } = comparison;
    assert.equal(
      unexplained.length,
      0,
      `${unexplained.length} without a rule\n\n${unexplained.slice(0, 20).join("\n\n")}`,
    );
  });

  test("each rule is needed to explain a difference", () => {
    const { needed, byForm } = comparison;
    assert.deepEqual(
      RULES.filter((rule) => !needed.has(rule)).map(({ says }) => says),
      [],
    );
    assert.deepEqual([...byForm.keys()].sort(), Object.keys(FORM_RULES).sort());
  });

  test("both servers agree in regular cases, for every decision", () => {
    const { agreed, byRule } = comparison;
    const compared = [...agreed.values(), ...byRule.values()].reduce((sum, count) => sum + count, 0);
    assert.equal(compared + comparison.unexplained.length, TOTAL);
    for (const decision of ["granted", "denied", "throttled", "bad request"]) {
      assert.ok((agreed.get(decision) ?? 0) >= 50, decision);
    }
  });

  test("test/e2e/README.md lists exactly these rules", () => {
    const conditions = [...Object.keys(FORM_RULES), ...Object.keys(CONDITIONS)];
    assert.deepEqual(LISTED.map(({ says }) => says).sort(), conditions.sort());
  });

  test("both sent the token's request to STS, and the peer connected only to STS", () => {
    assert.deepEqual(run.strays, []);
    const others = [...run.targets].filter(
      (target) => !/^sts(-fips)?\.([a-z0-9-]+\.)?(amazonaws\.com|api\.aws):443$/i.test(target),
    );
    assert.deepEqual(others, []);
  });
});
