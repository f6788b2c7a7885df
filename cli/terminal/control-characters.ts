// Characters that a terminal obeys or that hide others: made harmless in text for people, escaped in data.

/** All of C0, DEL and C1 but tab and line end; marks that turn the direction of text; Unicode's own line ends. */
const CONTROL = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

export function hasControl(text: string): boolean {
  return text.search(CONTROL) >= 0;
}

/** For people. */
export function withoutControl(text: string): string {
  return text.replace(CONTROL, "?");
}

/** A message for people, or the prompt of a question. It is one line, so that no text in it can forge another. */
export function asOneLine(text: string): string {
  return withoutControl(text).replace(/\n(?!$)/g, "?");
}

/** For JSON, and for double-quoted YAML: the same value, escaped. */
export function withEscapes(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
