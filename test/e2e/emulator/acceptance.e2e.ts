// Runs `npm run acceptance` against an AWS emulator. Run by `npm run test:rehearsal`; requires Python 3. Rows that the
// emulator does not support are "not served"; every other row passes. ACCEPTANCE_REPORT=test/acceptance/reports keeps the report.

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { REGION } from "../../../local/sandbox-settings.ts";
import { CHECKS } from "../../acceptance/acceptance.ts";
import { acceptanceIn } from "../../acceptance/command.ts";
import { readOptions } from "../../acceptance/options.ts";
import { mustRun } from "../../acceptance/site.ts";
import { type EmulatedWorld, startEmulatedWorld, UNSERVED } from "./acceptance-world.ts";
import { PLACE } from "./ministack.ts";

const given = process.env["ACCEPTANCE_REPORT"];
const folder = given === undefined ? mkdtempSync(join(tmpdir(), "acceptance-")) : resolve(given);
let world: EmulatedWorld;
before(async () => {
  world = await startEmulatedWorld(REGION);
  await mustRun(world.run("cdk", ["bootstrap", `aws://000000000000/${REGION}`]));
});
after(async () => {
  await world.stop();
  if (given === undefined) rmSync(folder, { recursive: true });
});

test("every check runs, unsupported rows are not served, and no resources are left", async () => {
  const code = await acceptanceIn(world, PLACE, CHECKS, readOptions(["--yes"], { AWS_REGION: REGION }), folder);
  assert.equal(code, 1, "a run with rows that were not served is not good");
  const [file = ""] = readdirSync(folder).sort().slice(-1);
  const report = readFileSync(join(folder, file), "utf8");
  const rows = report.split("\n").flatMap((line) => {
    const [, check = "", name, , , verdict] = line.split(/ *(?<!\\)\| */);
    return /^\d/.test(check) ? [{ row: `${Number.parseInt(check, 10)} ${name}`, verdict }] : [];
  });
  const of = (verdict: string) => rows.filter((one) => one.verdict === verdict).map(({ row }) => row);
  assert.deepEqual(of("failed"), []);
  const wholly = (row: string) => row.replace(" entire check", "");
  assert.deepEqual(of("not served").map(wholly).sort(), Object.keys(UNSERVED).sort());
  assert.deepEqual(of("not run"), ["2 permission set", "9 mtls", "9 private"]);
  assert.deepEqual(of("passed").slice(-3), ["14 removal", "14 leftovers by tag", "14 leftovers by name"]);
});
