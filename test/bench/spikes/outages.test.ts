// The rows of `npm run bench -- outages` in which a guard keeps the environments free: users whose
// login does not need what fails lose at most one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IS_ALL } from "../../extent.ts";
import { GUARDED_ROWS, SEEDS } from "../outage-cases.ts";
import { runOutages } from "./run-outage.ts";

const seeds = IS_ALL ? SEEDS : SEEDS.slice(0, 1);

test("no more than one login is lost while EC2, STS, Parameter Store or two of them are silent", async () => {
  const rows = Object.entries(GUARDED_ROWS);
  const results = await runOutages(
    rows.flatMap(([, row]) => seeds.map((seed) => ({ ...row, seed }))),
  );
  for (const [index, { lost, logins }] of results.entries()) {
    const [name] = rows[Math.floor(index / seeds.length)] ?? [];
    assert.ok(logins > 10 && lost <= 1, `${name}: ${lost} of ${logins} are lost`);
  }
});
