// The --help of every command, for the snapshot test/docs/help.txt: 80 columns, as in a pipe.

import { createProgram } from "../../cli/program.ts";
import { FULL_NAME } from "../../cli/program-name.ts";
import { processStreams } from "../../cli/terminal/io-streams.ts";
import { cli, commandPaths } from "../cli/cli.ts";

export async function everyHelp(): Promise<string> {
  const paths = commandPaths(await createProgram(processStreams()));
  const helps = paths.map(async (path) => {
    const { out } = await cli([...path, "--help"]);
    return `$ ${[FULL_NAME, ...path, "--help"].join(" ")}\n${out}`;
  });
  return (await Promise.all(helps)).join("\n");
}
