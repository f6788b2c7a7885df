#!/usr/bin/env node
// The operator's command, `npx lambda-iam-authenticator`.

import { EXIT } from "./errors.ts";
import { processStreams } from "./io/io-streams.ts";
import { run } from "./program.ts";

// Not process.exit(): what was printed must reach a pipe first.
process.exitCode = await run(process.argv.slice(2), processStreams());
// Do not wait for calls that still have no answer.
if (process.exitCode === EXIT.interrupted) process.exit();
