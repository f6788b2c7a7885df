// OpenTofu in a folder of its own, without network and without providers.

import { execFileSync, spawnSync } from "node:child_process";
import { findTofu } from "../binaries/binaries.ts";

const TOFU = findTofu();
const ENVIRONMENT = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  CHECKPOINT_DISABLE: "1",
  TF_IN_AUTOMATION: "1",
};

/** Standard output; throws where it fails. */
export function tofu(folder: string, words: readonly string[], input = ""): string {
  return execFileSync(TOFU, [...words], { cwd: folder, encoding: "utf8", env: ENVIRONMENT, input, stdio: "pipe" });
}

/** Exit code and both outputs, where failing is what is tested. */
export function tryTofu(
  folder: string,
  words: readonly string[],
): { readonly code: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync(TOFU, [...words], { cwd: folder, encoding: "utf8", env: ENVIRONMENT });
  return { code: status, text: `${stdout}${stderr}` };
}
