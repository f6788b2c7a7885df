#!/usr/bin/env node
// The operator's command, `npx iam-authenticator`.

import { EXIT } from "./failure.ts";
import { run } from "./run.ts";
import { processWorld } from "./world.ts";

// Not process.exit(): what was printed has to reach a pipe first.
process.exitCode = await run(process.argv.slice(2), processWorld());
// Whatever still waits for an answer is not waited for.
if (process.exitCode === EXIT.interrupted) process.exit();
