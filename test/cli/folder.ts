// A temporary folder for the files of a test file.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const FOLDERS: string[] = [];
process.once("exit", () => {
  for (const folder of FOLDERS) rmSync(folder, { recursive: true });
});

/** Deleted when the process ends. Also a home folder, if a test gives its path as HOME. */
export function useFolder() {
  const path = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  FOLDERS.push(path);
  function write(name: string, text: string | Buffer): string {
    const file = join(path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }
  return {
    path,
    write,
    /** Writes the configuration file of the command. Returns its path. */
    configure: (config: object | string) =>
      write(".config/iam-authenticator/config.yaml", typeof config === "string" ? config : JSON.stringify(config)),
  };
}
