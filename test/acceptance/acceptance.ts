// `npm run acceptance`: runs every check in order.

import { globSync } from "node:fs";
import { acceptance } from "./command.ts";
import type { Check } from "./runner.ts";

/** The `check` of each file in checks/. */
export const CHECKS: readonly Check[] = await Promise.all(
  globSync("checks/*.ts", { cwd: import.meta.dirname })
    .sort()
    .map(async (file) => (await import(`./${file}`)).check),
);

if (import.meta.main) await acceptance(CHECKS);
