// Builds the image that SAM CLI requires from files of this machine: Node.js 24, Lambda's runtime client and a shell.
// For machines that cannot pull public.ecr.aws/lambda/nodejs. SAM adds its runtime interface emulator.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { runtimeClient } from "../../bench/runtime-client.ts";

const ROOT = resolve(import.meta.dirname, "..", "..", "..");

/** Programs of SAM's Dockerfile, in addition to the shell. */
const PROGRAMS = ["sh", "mv", "chmod"];

const BOOTSTRAP = `#!/bin/sh
cd /var/task
exec /var/lang/bin/node /var/runtime/client/index.mjs "$_HANDLER"
`;

const DOCKERFILE = `FROM scratch
COPY . /
ENV PATH=/var/lang/bin:/usr/bin:/bin LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime
WORKDIR /var/task
`;

/** Builds the image with the name that SAM tries first. */
export function buildRuntimeImage(docker: (args: readonly string[]) => string): void {
  const folder = mkdtempSync(join(tmpdir(), "runtime-image-"));
  const put = (from: string, to: string): void => {
    mkdirSync(dirname(join(folder, to)), { recursive: true });
    copyFileSync(from, join(folder, to));
  };
  try {
    const programs = PROGRAMS.map((name) => execFileSync("which", [name], { encoding: "utf8" }).trim());
    for (const program of programs) put(program, join("/bin", program.split("/").at(-1) ?? ""));
    put(process.execPath, "/var/lang/bin/node");
    for (const library of librariesOf([process.execPath, ...programs])) put(library, library);
    cpSync(dirname(runtimeClient(ROOT)), join(folder, "var/runtime/client"), { recursive: true, dereference: true });
    writeFileSync(join(folder, "var/runtime/bootstrap"), BOOTSTRAP);
    chmodSync(join(folder, "var/runtime/bootstrap"), 0o755);
    for (const name of ["tmp", "var/task", "var/rapid", "opt"]) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, "Dockerfile"), DOCKERFILE);
    docker(["build", "--quiet", "--tag", `public.ecr.aws/lambda/nodejs:24-${machine()}`, folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** AWS's name for the architecture. */
export function machine(): "x86_64" | "arm64" {
  return process.arch === "arm64" ? "arm64" : "x86_64";
}

/** Includes the dynamic linker. */
function librariesOf(programs: readonly string[]): Set<string> {
  const lines = programs.flatMap((program) => execFileSync("ldd", [program], { encoding: "utf8" }).split("\n"));
  return new Set(lines.flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []));
}
