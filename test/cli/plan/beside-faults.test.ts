// Every command that writes, beside a colleague and faults: exit 0 means that both are stored, and
// what is lost is named.

import assert from "node:assert/strict";
import { test } from "node:test";
import { IS_ALL } from "../../extent.ts";
import { runAllCases, runSomeCases } from "./beside-faults.ts";

test("each command that writes reports what is stored beside faults", async () => {
  const { cases, wrong, ...exits } = IS_ALL ? await runAllCases() : await runSomeCases(120, 1);
  assert.equal(wrong, 0);
  assert.ok(cases >= 120, `${cases} cases`);
  for (const code of ["exit 0", "exit 1", "exit 3"]) assert.ok((exits[code] ?? 0) > 0, code);
});
