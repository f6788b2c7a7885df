#!/usr/bin/env node
// Entry point of the command, `npx lambda-iam-authenticator`.

import packageJson from "../package.json" with { type: "json" };
import { run } from "./run.ts";
import { processStreams } from "./terminal/io-streams.ts";

// npm only warns about `engines`.
const oldest = packageJson.engines.node.replace(">=", "");
const [needed = [], present = []] = [oldest, process.versions.node].map((version) => version.split(".").map(Number));
const at = needed.findIndex((part, i) => part !== present[i]);
if (at >= 0 && Number(needed[at]) > Number(present[at])) {
  console.error(
    `iam-authenticator requires Node.js ${oldest} or newer, and this is ${process.version}. ` +
      "Install a newer one, or put it first in PATH.",
  );
  process.exit(2);
}
const streams = processStreams();
const code = await run(process.argv.slice(2), streams);
// Flush pipes first. Then exit, even if requests are still open.
await streams.flush();
process.exit(code);
