// A word of a command that a person may copy into a shell.

/** In quotes where a shell would read it as anything but one word: an IAM path may hold `;` and `$`. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
