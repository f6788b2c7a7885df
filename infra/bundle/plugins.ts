// What makes a bundle lean, in one list: whatever imports a client of the AWS SDK is built with all of it.

import type { Plugin } from "esbuild";
import { builtIns } from "./built-ins.ts";
import { leanSchemas } from "./lean-schemas.ts";

/** docs/decisions/0003-bundle.md says what each saves, and when it may go. */
export const LEAN_PLUGINS: Plugin[] = [builtIns, leanSchemas];
