// Runs every command of this project in the documents, in page order, in a real shell against local services. For
// commands of other programs, run-elsewhere.ts names the test that runs them, or the reason why none does.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { RUN_ELSEWHERE } from "./run-elsewhere.ts";
import { startSandbox } from "./sandbox.ts";
import { blocksOf, PAGES, type Ran, ROOT, runBlocks } from "./shell-blocks.ts";

/** Commands that exit with 1 because they find something; all others exit with 0. */
const FINDS = [/^mappings (import|lint|diff|export)\b/, /^explain .*--jwt\b/, /^irsa doctor\b/];

const used = new Set<string>();
const finished = new Set<string>();
const pages = PAGES.filter((page) => blocksOf(page, "sh").length > 0);

describe("the commands of", { concurrency: 2 }, () => {
  for (const page of pages) {
    test(page, async (t) => {
      const blocks = blocksOf(page, "sh");
      const withoutWebhook = blocks.join().includes("callers add control-plane ");
      const ran = await runBlocks(blocks, await startSandbox(t, { withoutWebhook }));
      assert.ok(ran.length > 0);
      const problems = ran.flatMap(problem);
      finished.add(page);
      assert.deepEqual(problems, []);
    });
  }
});

function problem({ words, code, err }: Ran): string[] {
  const line = words.join(" ");
  if (code !== undefined) {
    const isFine = code === 0 || (code === 1 && FINDS.some((finds) => finds.test(line)));
    return isFine ? [] : [`iam-authenticator ${line}: exit code ${code}: ${err}`];
  }
  const entry = Object.keys(RUN_ELSEWHERE).find((start) => line.startsWith(start));
  if (entry === undefined) return [`${line}: not run by any test. Add it to test/docs/run-elsewhere.ts`];
  used.add(entry);
  return [];
}

test("each entry of run-elsewhere.ts matches a document, and its test contains the expected text", (t) => {
  if (finished.size < pages.length) return t.skip("a page did not complete, so its commands are unknown");
  assert.deepEqual(
    Object.keys(RUN_ELSEWHERE).filter((start) => !used.has(start)),
    [],
  );
  for (const [start, entry] of Object.entries(RUN_ELSEWHERE)) {
    if ("because" in entry) continue;
    const { by, has } = entry;
    assert.ok(readFileSync(join(ROOT, by), "utf8").includes(has), `${start}: ${by} has no ${has}`);
  }
});
