// Calculation of coverage per folder.

import assert from "node:assert/strict";
import { test } from "node:test";
import { countUnloaded, readLcov, share } from "./coverage.ts";

const report = `TN:
SF:cli/one.ts
FN:1,one
FNF:1
FNH:1
BRDA:1,0,0,1
BRF:4
BRH:3
DA:1,1
LH:9
LF:10
end_of_record
TN:
SF:cli/two.ts
BRF:0
BRH:0
LH:0
LF:30
end_of_record
`;

test("lcov: lines and branches of each file", () => {
  const counts = readLcov(report);
  assert.deepEqual([...counts.keys()], ["cli/one.ts", "cli/two.ts"]);
  assert.deepEqual(counts.get("cli/one.ts"), { lines: 10, linesHit: 9, branches: 4, branchesHit: 3 });
  assert.deepEqual(share([...counts.values()]), { lines: 22.5, branches: 75 });
});

test("a file that no test loads has 0% coverage, and a file with only types has no lines", () => {
  const withCode = "// What it is for.\n\nexport function one(): number {\n  return 1;\n}\n";
  const typesAlone =
    '// What it is for.\n\nimport type { B } from "./b.ts";\n\n/** A doc. */\nexport interface A {\n  b: B;\n}\n';
  assert.equal(countUnloaded(withCode).lines, 6);
  assert.equal(countUnloaded(typesAlone).lines, 0);
});
