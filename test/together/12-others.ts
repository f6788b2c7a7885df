// Runs the tests that are outside of the listed folders in one process.

import { runTogether } from "../together.ts";

await runTogether("others");
