// Colour for people at a terminal. It repeats what a sign says already, so nothing is lost without it.

/** What a text says: of a plan, what happens to a mapping. */
export type Tone = "added" | "changed" | "removed" | "weakened";

/** SGR parameters: https://ecma-international.org/publications-and-standards/standards/ecma-48/ (8.3.117) */
const CODE: Readonly<Record<Tone, string>> = { added: "32", changed: "33", removed: "31", weakened: "1;31" };

/** https://no-color.org and https://force-color.org; otherwise only at a terminal. */
export function usesColour(environment: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (environment["NO_COLOR"]) return false;
  const force = environment["FORCE_COLOR"];
  if (force) return force !== "0" && force !== "false";
  return isTerminal && environment["TERM"] !== "dumb";
}

/** Each line by itself: a pager may show them one by one. */
export function inColour(text: string, tone: Tone): string {
  return text.replace(/[^\n]+/g, (line) => `\u001b[${CODE[tone]}m${line}\u001b[0m`);
}
