// The code of a function, as `npm run build` writes it, and the settings that all functions share.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Architecture, Code, LoggingFormat, Runtime, RuntimeFamily } from "aws-cdk-lib/aws-lambda";
import type { CommonProps } from "../common-props.ts";
import { DEFAULTS } from "../defaults.ts";

/** By name, since `Runtime.NODEJS_24_X` does not exist in the oldest supported aws-cdk-lib. */
const NODEJS_24 = new Runtime("nodejs24.x", RuntimeFamily.NODEJS, { supportsInlineCode: true });

/** The settings of every function. `name`: the folder in dist/. */
export function commonSettings(
  name: string,
  props: { [K in "architecture" | "memorySize"]: CommonProps[K] | undefined },
) {
  return {
    runtime: NODEJS_24,
    architecture: props.architecture ?? Architecture.ARM_64,
    memorySize: props.memorySize ?? DEFAULTS.memorySize,
    code: Code.fromAsset(builtFolder(name)),
    handler: "index.handler",
    loggingFormat: LoggingFormat.JSON,
  };
}

/** Searches the parent folders: the package's root is above this code, both in the sources and in the build. */
function builtFolder(name: string, below = import.meta.dirname): string {
  const folder = join(below, "dist", name);
  if (existsSync(join(folder, "index.mjs"))) return folder;
  if (dirname(below) === below) throw new Error(`dist/${name}/index.mjs does not exist: run npm run build first`);
  return builtFolder(name, dirname(below));
}
