// Runs OpenTofu in a separate folder, without network and providers.

import { execFileSync } from "node:child_process";
import { findTofu } from "../binaries/binaries.ts";

const TOFU = findTofu();
const ENVIRONMENT = {
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  CHECKPOINT_DISABLE: "1",
  TF_IN_AUTOMATION: "1",
};

/** Returns standard output; throws on failure. */
export function tofu(folder: string, words: readonly string[], input = ""): string {
  return execFileSync(TOFU, [...words], { cwd: folder, encoding: "utf8", env: ENVIRONMENT, input, stdio: "pipe" });
}
