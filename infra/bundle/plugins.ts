// What makes a bundle lean, in one list: whatever imports a client of the AWS SDK is built with all of it.

import type { Plugin } from "esbuild";
import { builtIns } from "./built-ins.ts";
import { leanSchemas } from "./lean-schemas.ts";
import { noConfigFiles, noStreamsAndMetadata, ownCredentials, versionOnly } from "./leaner-sdk.ts";

export function leanPlugins(root: string): Plugin[] {
  return [builtIns, ownCredentials(root), noConfigFiles, noStreamsAndMetadata, versionOnly, leanSchemas];
}
