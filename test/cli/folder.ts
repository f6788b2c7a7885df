// A temporary folder that is deleted after a test file's last test.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

/** Also a home folder, if a test gives its path as HOME. */
export function useFolder() {
  const path = mkdtempSync(join(tmpdir(), "iam-authenticator-"));
  after(() => rmSync(path, { recursive: true }));
  /** `name` may contain folders. Returns the path. */
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
