// Extracts the notes of a release from CHANGELOG.md.

/** The section of `version`, otherwise the section Unreleased. Throws if there is neither. */
export function releaseNotes(changelog: string, version: string): string {
  const sections = changelog.split(/^(?=## \[)/m).slice(1);
  const section = [version, "Unreleased"]
    .map((name) => sections.find((text) => text.startsWith(`## [${name}]`)))
    .find((found) => found !== undefined);
  if (section === undefined) throw new Error(`CHANGELOG.md has neither a section [${version}] nor [Unreleased]`);
  return `# lambda-iam-authenticator ${version}\n\n${section.replace(/^## .*\n+/, "").trim()}\n`;
}
