#!/usr/bin/env node
// Entry point of the command, `npx --no -- lambda-iam-authenticator`.

import packageJson from "../package.json" with { type: "json" };
import { processRun } from "./io/run.ts";
import { runCommand } from "./main/run.ts";

// npm only warns about `engines`. Other versions ignore HTTPS_PROXY:
// https://nodejs.org/api/http.html#built-in-proxy-support
const { node: range } = packageJson.engines;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isSupported = [...range.matchAll(/(\^|>=)(\d+)\.(\d+)/g)].some(
  ([, sign, least, leastMinor]) =>
    major === Number(least) ? minor >= Number(leastMinor) : sign === ">=" && major > Number(least),
);
if (!isSupported) {
  console.error(
    `iam-authenticator requires Node.js ${range}, and this is ${process.version}. ` +
      "Install a newer one, or put it first in PATH.",
  );
  process.exit(2);
}
const run = processRun();
const code = await runCommand(process.argv.slice(2), run);
// Flush pipes first. Then exit, even if requests are still open.
await run.flush();
process.exit(code);
