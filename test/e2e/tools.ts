// Installs tools and libraries that only these tests need, with fixed versions, in the cache of the
// built programs.

import { type ExecFileSyncOptions, execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { CACHE } from "./binaries/build.ts";

const QUIET: ExecFileSyncOptions = { stdio: ["ignore", "ignore", "inherit"] };

/**
 * Returns the tool's folder. `tool` includes the version. `install` runs if an earlier installation
 * did not end.
 */
export function installOnce(tool: string, install: (folder: string) => void): string {
  const folder = join(CACHE, `${tool.replace(/[^\w.-]+/g, "-")}-${platform()}-${arch()}`);
  const marker = join(folder, "installed");
  if (existsSync(marker)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.error(`installing ${tool}`);
  install(folder);
  writeFileSync(marker, tool);
  return folder;
}

/** `requirements`: of PyPI. Returns the folder of their executables. Throws without Python. */
export function pythonTool(...requirements: string[]): string {
  const tool = requirements.join("-");
  const folder = installOnce(tool, (folder) => {
    if (spawnSync("python3", ["-m", "venv", folder]).status !== 0) {
      throw new Error(`${tool} requires Python 3 with its venv module`);
    }
    const words = ["install", "--quiet", "--disable-pip-version-check", ...requirements];
    execFileSync(join(folder, "bin", "pip"), words, QUIET);
  });
  return join(folder, "bin");
}

/**
 * `requirements`: such as `mermaid@11.17.2`. Returns a folder from which Node.js finds them. Throws
 * if npm fails.
 */
export function npmTool(...requirements: string[]): string {
  return installOnce(requirements.join("-"), (folder) => {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    const words = [
      "install",
      "--no-audit",
      "--no-fund",
      "--ignore-scripts",
      "--silent",
      ...requirements,
    ];
    execFileSync("npm", words, { cwd: folder, ...QUIET });
  });
}

/**
 * `library`: of Maven Central, `<group>:<artifact>:<version>`. Returns the class path. Throws
 * without Java or Maven.
 */
export function mavenClassPath(library: string): string {
  const folder = installOnce(library, (folder) => {
    if (
      spawnSync("java", ["-version"]).status !== 0 ||
      spawnSync("mvn", ["--version"]).status !== 0
    ) {
      throw new Error(`${library} requires a JDK (17 or later) and Maven on the PATH.`);
    }
    const place = (group = "e2e", artifact = "e2e", version = "1") =>
      `<groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`;
    const dependency = `<dependency>${place(...library.split(":"))}</dependency>`;
    const project = `<modelVersion>4.0.0</modelVersion>${place()}<dependencies>${dependency}</dependencies>`;
    writeFileSync(join(folder, "pom.xml"), `<project>${project}</project>`);
    const words = [
      "--quiet",
      "--batch-mode",
      "dependency:copy-dependencies",
      "-DoutputDirectory=jars",
    ];
    execFileSync("mvn", words, { cwd: folder, ...QUIET });
  });
  return join(folder, "jars", "*");
}
