// Text that a user names by a file, or by `-` for standard input.

import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { usage } from "../failure.ts";
import type { World } from "../world.ts";

export async function readText(file: string, world: World): Promise<string> {
  if (file === "-") return text(world.input);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usage(`Cannot read ${file}: ${error instanceof Error && "code" in error ? error.code : error}.`);
  }
}
