// Runs the Go toolchain, and says what is needed where there is none.

import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";

/** A cold build of kube-apiserver takes minutes on two cores, and much longer while they are busy. */
const LIMIT_MS = 60 * 60_000;

/** Standard output; `folder` is that of the module. */
export function runGo(args: readonly string[], folder: string = tmpdir()): string {
  return execFileSync("go", args, {
    cwd: folder,
    encoding: "utf8",
    timeout: LIMIT_MS,
    stdio: ["ignore", "pipe", "inherit"],
    // No C compiler is needed, and nothing of a workspace or of this machine's flags counts.
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod", GOWORK: "off" },
  });
}

/** Throws with what to install. */
export function requireGo(purpose: string): void {
  if (spawnSync("go", ["version"]).status === 0) return;
  throw new Error(
    `${purpose} is built from its Go module: install Go 1.26 or later (https://go.dev/dl/), with a module proxy in ` +
      "reach. Or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver and kubectl, and put " +
      "aws-iam-authenticator on the PATH.",
  );
}
