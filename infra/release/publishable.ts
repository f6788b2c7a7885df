// Checks that a tag can be published, before anything is built, and extracts its notes from CHANGELOG.md. The release
// workflow runs it first.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

interface Release {
  readonly manifest: { readonly version: string; readonly repository?: { readonly url?: string } };
  readonly changelog: string;
  /** GITHUB_REF_NAME. */
  readonly tag: string;
  /** The repository's URL. */
  readonly address: string;
}

/** Sentences for the publisher. npm derives `bugs` and `homepage` from `repository`. */
export function releaseProblems({ manifest: { version, repository }, changelog, tag, address }: Release): string[] {
  const url = `git+${address}.git`;
  const command = `npm pkg set repository.type=git repository.url=${url}`;
  const problems: string[] = [];
  if (repository?.url === undefined) {
    problems.push(`package.json has no repository, without which npm refuses the provenance. Run once: ${command}`);
  } else if (repository.url !== url) {
    problems.push(`The repository in package.json is ${repository.url}, and this one is ${url}. Run: ${command}`);
  }
  if (tag !== `v${version}`) problems.push(`The tag is ${tag}, and the version in package.json is ${version}.`);
  if (!changelog.includes(`## [${version}]`)) problems.push(`CHANGELOG.md has no section [${version}].`);
  return problems;
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
  const changelog = readFileSync(join(import.meta.dirname, "..", "..", "CHANGELOG.md"), "utf8");
  const problems = releaseProblems({ manifest: packageJson, changelog, tag, address: `${server}/${name}` });
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
