// The --help of every command, word by word: a change of any shows in review.
// After a change that is meant: npx node --test --test-update-snapshots test/cli/help.test.ts

import { test } from "node:test";
import type { Command } from "commander";
import { processStreams } from "../../cli/io/io-streams.ts";
import { createProgram } from "../../cli/program.ts";
import { cli } from "./cli.ts";

function pathsBelow(command: Command, path: readonly string[] = []): string[][] {
  return [[...path], ...command.commands.flatMap((child) => pathsBelow(child, [...path, child.name()]))];
}

for (const path of pathsBelow(createProgram(processStreams()))) {
  test(["iam-authenticator", ...path, "--help"].join(" "), async (t) => {
    const { out } = await cli([...path, "--help"]);
    t.assert.snapshot(out, { serializers: [(text) => text] });
  });
}
