#!/usr/bin/env node
// The operator's command, `npx iam-authenticator`.

import { EXIT } from "./errors.ts";
import { processStreams } from "./io/io-streams.ts";
import { run } from "./program.ts";

// Not process.exit(): what was printed has to reach a pipe first.
process.exitCode = await run(process.argv.slice(2), processStreams());
// Whatever still waits for an answer is not waited for.
if (process.exitCode === EXIT.interrupted) process.exit();
