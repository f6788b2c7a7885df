// The code of a function, as `npm run build` makes it, and what runs it.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type AssetCode, Code, Runtime, RuntimeFamily } from "aws-cdk-lib/aws-lambda";

/** By name, since `Runtime.NODEJS_24_X` is younger than the oldest aws-cdk-lib that the construct works with. */
export const NODEJS_24 = new Runtime("nodejs24.x", RuntimeFamily.NODEJS, { supportsInlineCode: true });

/** `name` is that of the folder in dist/. */
export function builtCode(name: string): AssetCode {
  return Code.fromAsset(builtFolder(name));
}

/** In this package, whose folder is above this code in the sources and in the build. */
function builtFolder(name: string, below = import.meta.dirname): string {
  const folder = join(below, "dist", name);
  if (existsSync(join(folder, "index.mjs"))) return folder;
  if (dirname(below) === below) throw new Error(`dist/${name}/index.mjs does not exist: run npm run build first`);
  return builtFolder(name, dirname(below));
}
