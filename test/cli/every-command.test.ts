// The configuration file applies to every command with --cluster.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { createProgram } from "../../cli/program.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { useFolder } from "./folder.ts";

const CONTEXT = { cluster: "prod", region: "us-west-2", profile: "ops", prefix: "/elsewhere" };
const home = useFolder();
home.configure({ contexts: { live: CONTEXT } });

function commandsBelow(
  command: Command,
  path: readonly string[] = [],
): { path: readonly string[]; command: Command }[] {
  if (command.commands.length === 0) return [{ path, command }];
  return command.commands.flatMap((child) => commandsBelow(child, [...path, child.name()]));
}

test("every command with --cluster uses the context's cluster, and the other values for which it has options", async () => {
  const streams = { ...processStreams(), environment: { HOME: home.path } };
  const takers = commandsBelow(await createProgram(streams))
    .filter(({ command }) => command.options.some(({ long }) => long === "--cluster"))
    .map(({ path }) => path.join(" "));
  assert.ok(takers.length > 20);
  for (const path of takers) {
    const program = await createProgram(streams);
    const { command } = commandsBelow(program).find((one) => one.path.join(" ") === path) ?? assert.fail(path);
    const needed = [
      ...command.registeredArguments.filter(({ required }) => required).map(() => "x"),
      ...command.options.filter(({ mandatory }) => mandatory).flatMap(({ long }) => [long ?? "", "https://x"]),
    ];
    let seen: Record<string, unknown> = {};
    command.action(() => {
      seen = command.opts();
    });
    await program.parseAsync([...path.split(" "), ...needed, "-c", "live"], { from: "user" });
    const expected = Object.entries(CONTEXT).filter(([name]) =>
      command.options.some(({ long }) => long === `--${name}`),
    );
    const found = expected.map(([name]) => [name, seen[name]]);
    assert.deepEqual(found, expected, path);
  }
});
