// Checks that the repository's files allow a release, and extracts its notes from CHANGELOG.md. The
// release workflow runs it before anything is built.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../infra/monitoring/alarms.ts";

/**
 * The items of RELEASING.md. Each returns what is missing and how to add it, or `undefined` if it
 * is done. It throws the reason if it cannot know.
 */
export type Checks = Readonly<
  Record<string, () => string | undefined | Promise<string | undefined>>
>;

/** Reads a file of this repository. */
export const readFile = (file: string) =>
  readFileSync(join(import.meta.dirname, "..", file), "utf8");

/**
 * Returns the checks of the repository's files. `pushed`: the tag and the repository's URL, in the
 * workflow.
 */
export function fileChecks(
  read: (file: string) => string,
  pushed?: { readonly tag: string; readonly address: string },
): Checks {
  const { version, repository }: Manifest = JSON.parse(read("package.json"));
  const url = `git+${pushed?.address ?? "https://github.com/<owner>/<name>"}.git`;
  const command = `npm pkg set repository.type=git repository.url=${url}`;
  return {
    "project address": () => {
      if (repository?.url === undefined) {
        return `package.json has no repository, without which npm refuses the provenance. Run: ${command}`;
      }
      if (pushed === undefined || repository.url === url) return undefined;
      return `The repository in package.json is ${repository.url}, and this one is ${url}. Run: ${command}`;
    },
    "address for reports": () => {
      if (/^Address: .*(https:\/\/|\S@\S)/m.test(read("SECURITY.md"))) return undefined;
      return 'SECURITY.md has no address for reports. Add an email address or a URL to the line "Address:".';
    },
    changelog: () =>
      read("CHANGELOG.md").includes(`## [${version}]`)
        ? undefined
        : `CHANGELOG.md has no section [${version}]. Add it.`,
    ...(pushed && {
      tag: () =>
        pushed.tag === `v${version}`
          ? undefined
          : `The tag is ${pushed.tag}, and the version in package.json is ${version}.`,
    }),
  };
}

/** Prints a line for each check. Returns whether nothing is missing. */
export async function runChecks(checks: Checks, print: (line: string) => void): Promise<boolean> {
  let isComplete = true;
  for (const [name, check] of Object.entries(checks)) {
    try {
      const problem = await check();
      isComplete &&= problem === undefined;
      print(problem === undefined ? `done         ${name}` : `missing      ${name}: ${problem}`);
    } catch (error) {
      print(`not checked  ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return isComplete;
}

/**
 * Returns the notes: the section of `version`, otherwise the section Unreleased. Throws if there is
 * neither.
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## \[)/m).slice(1);
  const section = [version, "Unreleased"]
    .map((name) => sections.find((text) => text.startsWith(`## [${name}]`)))
    .find((found) => found !== undefined);
  if (section === undefined)
    throw new Error(`CHANGELOG.md has neither a section [${version}] nor [Unreleased]`);
  return `# lambda-iam-authenticator ${version}\n\n${section.replace(/^## .*\n+/, "").trim()}\n`;
}

if (import.meta.main) {
  const {
    GITHUB_REF_NAME: tag = "",
    GITHUB_SERVER_URL: server = "",
    GITHUB_REPOSITORY: name = "",
  } = process.env;
  const checks = fileChecks(readFile, { tag, address: `${server}/${name}` });
  if (!(await runChecks(checks, console.log))) process.exitCode = 1;
}
