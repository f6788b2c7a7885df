// The notes of a release: what CHANGELOG.md says of it.

/** The section of `version` or, before it has one, what is not released yet. Throws where there is neither. */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## \[)/m).slice(1);
  const section = [version, "Unreleased"]
    .map((name) => sections.find((text) => text.startsWith(`## [${name}]`)))
    .find((found) => found !== undefined);
  if (section === undefined) throw new Error(`CHANGELOG.md has neither a section [${version}] nor [Unreleased]`);
  return `# lambda-iam-authenticator ${version}\n\n${section.replace(/^## .*\n+/, "").trim()}\n`;
}
