// Packs the npm package of a release. Its scripts stay in the repository: all of them need the
// sources, and npm asks whoever installs the package whether `prepare` may run.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Packs the repository in `root`, whose dist/ exists, into `outdir`. The same files give the same
 * bytes. Returns the path of the package, and the size of its files in bytes.
 */
export function packPackage(
  root: string,
  outdir: string,
): { readonly tarball: string; readonly unpackedSize: number } {
  const folder = mkdtempSync(join(tmpdir(), "npm-package-"));
  try {
    const { tarball } = pack(root, folder);
    execFileSync("tar", ["-xzf", tarball, "-C", folder]);
    const unpacked = join(folder, "package");
    const path = join(unpacked, "package.json");
    const { scripts: _, ...published } = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, `${JSON.stringify(published, null, 2)}\n`);
    return pack(unpacked, outdir);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pack(folder: string, outdir: string) {
  const words = ["pack", "--ignore-scripts", "--json", "--pack-destination", outdir];
  const output = execFileSync("npm", words, { cwd: folder, encoding: "utf8" });
  const [{ filename, unpackedSize }] = JSON.parse(output);
  return { tarball: join(outdir, filename), unpackedSize };
}
