// Every option and argument of every command with faults of typing: each is refused before any
// request, with a sentence that names it, and what may be meant is not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { processRun } from "../../../../cli/io/run.ts";
import { TEXT_KINDS } from "../../../../cli/main/check-words.ts";
import { createProgram } from "../../../../cli/main/program.ts";
import { type CliResult, cli } from "../../cli.ts";
import { useCluster } from "../../commands/mappings/cluster.ts";
import { enumerated, type Input, leavesOf, SEEN } from "./inputs.ts";

const ROLE = "arn:aws:iam::111122223333:role/Developers";
const STORED = {
  "role/111122223333/developers": { arn: ROLE, username: "d", groups: ["developers"] },
};
const cluster = useCluster(STORED, "all");

const OF_TYPING =
  /(?:is empty\. If|curly quotes|quotes in its value|a dash \(|dash that is not|(?:ends|begins) with|not visible|with \$:)/;

function check({ refused, warned, accepted }: Input, { code, out, err }: CliResult): void {
  if (refused !== undefined) {
    assert.deepEqual({ code, out, err }, { code: 2, out: "", err: refused });
    assert.equal(cluster.store.requests.length, 0);
  }
  if (warned !== undefined) assert.ok(err.includes(warned), err);
  if (accepted !== undefined) {
    assert.doesNotMatch(err, OF_TYPING);
    assert.equal(code, accepted, err);
  }
}

for (const input of SEEN) {
  test(`typed: ${input.words.join(" ")}`, async () => {
    cluster.store.requests.length = 0;
    check(input, await cli(input.words));
  });
}

test("each option and argument of every command, with each fault", async () => {
  const inputs = await enumerated();
  assert.ok(inputs.length > 3000, `${inputs.length}`);
  cluster.store.requests.length = 0;
  const wrong: string[] = [];
  for (const input of inputs) {
    const result = await cli(input.words);
    try {
      check(input, result);
    } catch {
      wrong.push(`${JSON.stringify(input)}: ${JSON.stringify(result)}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test("each row of the kinds of texts is for an option or argument that exists", async () => {
  const leaves = leavesOf(await createProgram(processRun()));
  const names = leaves.flatMap(([path, command]) => {
    const own = [
      ...command.options.map(({ long }) => long ?? ""),
      ...command.registeredArguments.map((argument) => `<${argument.name()}>`),
    ];
    return [...own, ...own.map((name) => `${path.join(" ")} ${name}`)];
  });
  assert.deepEqual(
    Object.keys(TEXT_KINDS).filter((name) => !names.includes(name)),
    [],
  );
});
