// One command in a process of its own; afterwards it tells its parent how much memory it took.

import { run } from "../../../cli/run.ts";
import { processWorld } from "../../../cli/world.ts";

process.exitCode = await run(process.argv.slice(2), processWorld());
process.send?.({ maxRssKb: process.resourceUsage().maxRSS });
process.disconnect();
