// The esbuild plugins for every bundle that imports a client of the AWS SDK.

import type { Plugin } from "esbuild";
import { builtIns } from "./built-ins.ts";
import { leanSchemas } from "./lean-schemas.ts";

export const LEAN_SCHEMAS = leanSchemas();

/** docs/decisions/0003-bundle.md lists what each saves and when it can be removed. */
export const LEAN_PLUGINS: Plugin[] = [builtIns, LEAN_SCHEMAS];
