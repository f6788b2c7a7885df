// The code of a function, as `npm run build` writes it, and its runtime.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type AssetCode, Code, Runtime, RuntimeFamily } from "aws-cdk-lib/aws-lambda";

/** By name, since `Runtime.NODEJS_24_X` does not exist in the oldest supported aws-cdk-lib. */
export const NODEJS_24 = new Runtime("nodejs24.x", RuntimeFamily.NODEJS, { supportsInlineCode: true });

/** `name`: the folder in dist/. */
export function builtCode(name: string): AssetCode {
  return Code.fromAsset(builtFolder(name));
}

/** Searches the parent folders: the package's root is above this code, both in the sources and in the build. */
function builtFolder(name: string, below = import.meta.dirname): string {
  const folder = join(below, "dist", name);
  if (existsSync(join(folder, "index.mjs"))) return folder;
  if (dirname(below) === below) throw new Error(`dist/${name}/index.mjs does not exist: run npm run build first`);
  return builtFolder(name, dirname(below));
}
