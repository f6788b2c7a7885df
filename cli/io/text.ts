// Sentences for a person: what came from elsewhere made harmless, and broken into lines where a terminal is narrow.

/** What somebody wrote into a mapping must not move the cursor of who lists it. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, "?");
}

/** `head`, and `text` beside it; lines that follow are indented as far. Without `columns`, for a pipe, one line. */
export function hang(head: string, text: string, columns: number | undefined): string {
  const room = (columns ?? Number.POSITIVE_INFINITY) - head.length;
  const lines: string[] = [];
  for (const word of printable(text).trim().split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  const indent = " ".repeat(head.length);
  return lines.map((line, i) => `${i === 0 ? head : indent}${line}\n`).join("");
}
