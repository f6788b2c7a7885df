#!/usr/bin/env node

// The operator's command, `npx lambda-iam-authenticator`.

import { run } from "./program.ts";
import { processStreams } from "./terminal/io-streams.ts";

const code = await run(process.argv.slice(2), processStreams());
// What was printed must reach a pipe first. Then the process ends, whatever still has no answer.
await Promise.all([process.stdout, process.stderr].map(flushed));
process.exit(code);

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
