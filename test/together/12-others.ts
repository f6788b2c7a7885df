// Runs the tests of this folder in one process.

import { runTogether } from "../together.ts";

await runTogether("others");
