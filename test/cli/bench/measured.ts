// Runs one command in a separate process, and reports its memory to the parent process.

import { run } from "../../../cli/run.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";

process.exitCode = await run(process.argv.slice(2), processStreams());
process.send?.({ maxRssKb: process.resourceUsage().maxRSS });
process.disconnect();
