// Downloads etcd, kube-apiserver and kubectl as Kubernetes publishes them for tests:
// https://book.kubebuilder.io/reference/envtest As a program, it downloads the archive of its
// arguments: a process that uses the proxy of the environment.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CACHE } from "./build.ts";

/** Not every Kubernetes version has an archive. */
const VERSION = "1.36.2";
/** https://github.com/kubernetes-sigs/controller-tools/blob/main/envtest-releases.yaml */
const SHA512: Readonly<Record<string, string>> = {
  "darwin-amd64":
    "b4fe9f973cd1992e3880f8b230ed32c0c243b83371591e3e3315f4404df2cdbef8ee94eeb9bb245b7e5feb987d5c4a76c43e0877654ab73f00d7bbc2b9984514",
  "darwin-arm64":
    "9278f9e5af556b2f1f2d139769c1f0d717c7b4426917fdebdba898bcb725a916e4910d6160886194ff9be9589ea7c5c32c2b8ae0754703874b7c8ba8ddfc41ce",
  "linux-amd64":
    "ea743186c8a799f5cf8faf16969f86189d003cb7d130e0ac4b58789f1e5748dcf30ebe91c837a10d5ac415383da3e10b9e64d65785c938c23e739781cfb76f08",
  "linux-arm64":
    "2d72ee985a8e262a3c57dc9f7f0fd891f6a8c7bf7ebaa2db6dc6d8eac8ae28181afe51c1f368b67756cdb40b10de9b205609e1726e5f27f7c6d824dd9c6649ac",
};
const RELEASES = "https://github.com/kubernetes-sigs/controller-tools/releases/download";

/** Without data for this long, the download ends. */
const STALLED_MS = 30_000;

export interface Archive {
  readonly url: string;
  readonly sha512: string;
}

/** Returns the archive for this system; `undefined` if there is none. */
function envtestArchive(): Archive | undefined {
  const system = `${platform()}-${arch() === "x64" ? "amd64" : arch()}`;
  const sha512 = SHA512[system];
  const url = `${RELEASES}/envtest-v${VERSION}/envtest-v${VERSION}-${system}.tar.gz`;
  return sha512 === undefined ? undefined : { url, sha512 };
}

function envtestFolder({ sha512 }: Archive): string {
  return join(CACHE, `envtest-${sha512.slice(0, 16)}`);
}

/**
 * Returns the folder of the programs; `undefined` if the archive cannot be downloaded. Throws for a
 * wrong hash, before anything is unpacked.
 */
export function findEnvtest(archive: Archive | undefined = envtestArchive()): string | undefined {
  if (archive === undefined) return undefined;
  const folder = envtestFolder(archive);
  if (existsSync(folder)) return folder;
  // Not in this process, whose requests to kube-apiserver need no proxy.
  const words = ["--use-env-proxy", import.meta.filename, archive.url, archive.sha512];
  const { status } = spawnSync(process.execPath, words, {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status === UNREACHABLE) return undefined;
  if (status !== 0) throw new Error(`Cannot use ${archive.url}.`);
  return folder;
}

const UNREACHABLE = 3;

/** Downloads, verifies and unpacks the archive. Returns the exit code. */
async function main({ url, sha512 }: Archive): Promise<number> {
  const folder = envtestFolder({ url, sha512 });
  mkdirSync(CACHE, { recursive: true });
  const part = mkdtempSync(`${folder}.part-`);
  const remove = () => rmSync(part, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      remove();
      process.exit(130);
    });
  }
  try {
    const file = join(part, "archive.tar.gz");
    const found = await download(url, file).catch((error: Error) => {
      const { message, cause } = error;
      // Of the file, such as for a full disk. Those of the network are a cause.
      if ("syscall" in error) throw error;
      console.error(`Cannot download ${url}: ${cause instanceof Error ? cause.message : message}.`);
    });
    if (found === undefined) return UNREACHABLE;
    if (found !== sha512) {
      console.error(
        `The file has the SHA-512 ${found},\nbut must have ${sha512}. Nothing was unpacked.`,
      );
      return 1;
    }
    const { status } = spawnSync("tar", ["-xzf", file, "-C", part], {
      stdio: ["ignore", "inherit", "inherit"],
    });
    if (status !== 0) return 1;
    // Atomic: an interrupted run leaves no half of it.
    renameSync(join(part, "controller-tools", "envtest"), folder);
    return 0;
  } finally {
    remove();
  }
}

/** Returns the SHA-512 of the file. */
async function download(url: string, file: string): Promise<string> {
  const digest = createHash("sha512");
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new Error(`no data for ${STALLED_MS / 1000} s`)),
    STALLED_MS,
  );
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const progress = showProgress(url, Number(response.headers.get("content-length")));
    await pipeline(
      response.body,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          timer.refresh();
          digest.update(chunk);
          progress(chunk.length);
          yield chunk;
        }
      },
      createWriteStream(file),
    );
  } finally {
    clearTimeout(timer);
  }
  return digest.digest("hex");
}

/** A line for each quarter. The returned function takes the next number of bytes. */
function showProgress(url: string, all: number): (bytes: number) => void {
  console.error(
    `downloading ${url}${all > 0 ? ` (${Math.round(all / 1e6)} MB)` : ""}; cached in ${CACHE}`,
  );
  let [done, quarters] = [0, 0];
  return (bytes) => {
    done += bytes;
    const now = all > 0 ? Math.floor((4 * done) / all) : 0;
    if (now > quarters) console.error(`  ${now * 25} %`);
    quarters = now;
  };
}

/** A build would need the cache, too. Returns the exit code. */
function stopAt({ message }: Error): number {
  console.error(`Cannot write to ${CACHE}: ${message}. For another folder, set XDG_CACHE_HOME.`);
  return 1;
}

if (import.meta.main) {
  const [, , url = "", sha512 = ""] = process.argv;
  // Without it, requests to a proxy that refuses them are tried forever.
  process.exit(await main({ url, sha512 }).catch(stopAt));
}
