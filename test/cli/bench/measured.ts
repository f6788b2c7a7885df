// One command in a process of its own; afterwards it tells its parent how much memory it took.

import { run } from "../../../cli/run.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";

process.exitCode = await run(process.argv.slice(2), processStreams());
process.send?.({ maxRssKb: process.resourceUsage().maxRSS });
process.disconnect();
