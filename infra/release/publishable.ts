// Checks that the repository's files allow a release, and extracts its notes from CHANGELOG.md. The release workflow runs it
// before anything is built.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

export interface Manifest {
  readonly version: string;
  readonly repository?: { readonly url?: string };
}

/** `<owner>/<name>` on GitHub. */
export function projectOf({ repository }: Manifest): string | undefined {
  return /^git\+https:\/\/github\.com\/([\w-]+\/[\w.-]+)\.git$/.exec(repository?.url ?? "")?.[1];
}

/** One line of `npm run release -- --check`, and a row of RELEASING.md. */
export interface Check {
  readonly name: string;
  /** What is missing and how to add it; `undefined` if nothing is. Throws the reason if it cannot know. */
  readonly problem: () => string | undefined | Promise<string | undefined>;
}

interface Files {
  readonly manifest: Manifest;
  readonly changelog: string;
  /** SECURITY.md. */
  readonly security: string;
  /** The tag and the repository's URL, in the workflow. */
  readonly pushed?: { readonly tag: string; readonly address: string };
}

/** npm derives `bugs` and `homepage` from `repository`. */
export function fileChecks({ manifest: { version, repository }, changelog, security, pushed }: Files): Check[] {
  const url = `git+${pushed?.address ?? "https://github.com/<owner>/<name>"}.git`;
  const command = `npm pkg set repository.type=git repository.url=${url}`;
  const checks = [
    {
      name: "project address",
      problem: () => {
        if (repository?.url === undefined) {
          return `package.json has no repository, without which npm refuses the provenance. Run: ${command}`;
        }
        if (pushed === undefined || repository.url === url) return undefined;
        return `The repository in package.json is ${repository.url}, and this one is ${url}. Run: ${command}`;
      },
    },
    {
      name: "address for reports",
      problem: () =>
        /^Address: .*(https:\/\/|\S@\S)/m.test(security)
          ? undefined
          : 'SECURITY.md has no address for reports. Add an email address or a URL to the line "Address:".',
    },
    {
      name: "changelog",
      problem: () =>
        changelog.includes(`## [${version}]`) ? undefined : `CHANGELOG.md has no section [${version}]. Add it.`,
    },
  ];
  if (pushed === undefined) return checks;
  const mismatch = `The tag is ${pushed.tag}, and the version in package.json is ${version}.`;
  return [...checks, { name: "tag", problem: () => (pushed.tag === `v${version}` ? undefined : mismatch) }];
}

/** Prints a line for each check. Returns whether nothing is missing. */
export async function runChecks(checks: readonly Check[], print: (line: string) => void): Promise<boolean> {
  let isComplete = true;
  for (const { name, problem } of checks) {
    try {
      const found = await problem();
      isComplete &&= found === undefined;
      print(found === undefined ? `done         ${name}` : `missing      ${name}: ${found}`);
    } catch (error) {
      print(`not checked  ${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return isComplete;
}

/** Of the repository in this folder. */
export function readFiles(pushed?: Files["pushed"]): Files {
  const read = (file: string) => readFileSync(join(import.meta.dirname, "..", "..", file), "utf8");
  const files = { manifest: packageJson, changelog: read("CHANGELOG.md"), security: read("SECURITY.md") };
  return pushed === undefined ? files : { ...files, pushed };
}

/** The section of `version`, otherwise the section Unreleased. Throws if there is neither. */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## \[)/m).slice(1);
  const section = [version, "Unreleased"]
    .map((name) => sections.find((text) => text.startsWith(`## [${name}]`)))
    .find((found) => found !== undefined);
  if (section === undefined) throw new Error(`CHANGELOG.md has neither a section [${version}] nor [Unreleased]`);
  return `# lambda-iam-authenticator ${version}\n\n${section.replace(/^## .*\n+/, "").trim()}\n`;
}

if (import.meta.main) {
  const { GITHUB_REF_NAME: tag = "", GITHUB_SERVER_URL: server = "", GITHUB_REPOSITORY: name = "" } = process.env;
  const files = readFiles({ tag, address: `${server}/${name}` });
  if (!(await runChecks(fileChecks(files), console.log))) process.exitCode = 1;
}
