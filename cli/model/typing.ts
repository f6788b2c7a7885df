// The faults that typing, pasting or a shell leaves in a text, whatever the text is for.

import { PLACEHOLDERS } from "../../functions/authenticator/mapping/template.ts";

/**
 * What a text may hold. Most texts are names that a program compares exactly: none of them needs a
 * character that an editor puts in place of another one.
 *
 * - `name`: an identity, a group, a URL, a time, a number, and whatever is not listed below.
 * - `id`: the unique id of a role or user.
 * - `template`: a username or a group to write.
 * - `path`: a file, whose name may have any character. Only quotes and spaces around it are faults.
 * - `prose`: a description, in which typographic quotes and dashes are right. Only quotes around it
 *   are a fault: the shell splits such a text at its spaces, and may leave them open.
 * - `stored`: names something that is stored, perhaps by another program with such a fault, and must
 *   still be found and removed. Only an empty text is a fault.
 */
export type TextKind = "name" | "id" | "template" | "path" | "prose" | "stored";

/** A fault: the texts that have it, and a phrase about it that follows the text. */
interface Fault {
  readonly in: RegExp;
  readonly phrase: (text: string) => string;
  /** The kinds of texts in which it is one. */
  readonly of: readonly TextKind[];
}

const NAMES = ["name", "id", "template"] as const;

/** A curly or angled quote, a prime, and the quotes of full width. */
const QUOTE = "\u2018-\u201f\u2032-\u2037\u2039\u203a\u00ab\u00bb\u02bc\uff02\uff07";

/** Hyphens, dashes and the minus sign: all of Unicode's dashes except "-". */
const DASH = "\\u00ad\\u2010-\\u2015\\u2043\\u2212\\ufe58\\ufe63\\uff0d";

/** Characters that no terminal shows, and spaces that look like a space. */
const INVISIBLE =
  "\\p{Cc}\\p{Zl}\\p{Zp}\\u00a0\\u061c\\u180e\\u2000-\\u200f\\u202a-\\u202f\\u205f-\\u2064\\u2066-\\u206f\\u3000\\ufeff";

/** Placeholders that were written as variables, which a shell leaves in single quotes. */
const VARIABLE = new RegExp(String.raw`\$(?:\{(\w+)|(${PLACEHOLDERS.join("|")})\b)`);

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html: those of today have 21. */
const SHORTEST_ID = 16;

const IMPOSSIBLE_ID = new RegExp(`^(?!A(?:RO|ID)A[A-Z\\d]{${SHORTEST_ID - 4},}$)`);

const UNSET = "If a variable sets it, that variable is empty or not set";

const FAULTS: readonly Fault[] = [
  {
    of: [...NAMES, "path", "prose", "stored"],
    in: /^\s*$/,
    phrase: () => `is empty. ${UNSET}`,
  },
  {
    of: NAMES,
    in: new RegExp(`[${QUOTE}]`),
    phrase: () => "contains curly quotes: use straight ones",
  },
  {
    of: ["path", "prose"],
    in: /^(?:[\u201c-\u201f\u00ab][^\u201c-\u201f\u00bb]*[\u201c-\u201f\u00bb]?|[\u2018\u201a][^\u2018\u2019]*[\u2018\u2019])$/,
    phrase: () => "is in curly quotes: use straight ones",
  },
  {
    of: NAMES,
    in: /^(["'`]).*\1$/s,
    phrase: () => "has quotes in its value: remove one pair",
  },
  {
    of: NAMES,
    in: new RegExp(`[${DASH}]`),
    phrase: (text) => {
      const dash = new RegExp(`[${DASH}]`).exec(text)?.[0] ?? "";
      return `contains a dash (${codePoint(dash)}) that is not "-": type "-"`;
    },
  },
  { of: [...NAMES, "path"], in: /^\s/, phrase: () => "begins with a space: remove it" },
  { of: [...NAMES, "path"], in: /\s$/, phrase: () => "ends with a space: remove it" },
  {
    of: NAMES,
    in: new RegExp(`[${INVISIBLE}]`, "u"),
    phrase: (text) => {
      const invisible = new RegExp(`[${INVISIBLE}]`, "u").exec(text)?.[0] ?? "";
      return `contains a character that is not visible (${codePoint(invisible)}): type the text again`;
    },
  },
  {
    of: ["template"],
    in: VARIABLE,
    phrase: (text) => {
      const [, inBraces, name] = VARIABLE.exec(text) ?? [];
      return `contains a placeholder with $: write {${inBraces ?? name}}`;
    },
  },
  {
    of: ["template"],
    in: /[:/@-]$/,
    phrase: (text) =>
      `ends with "${text.at(-1)}". If a variable follows, it is empty or not set; a placeholder is '{SessionName}', in single quotes`,
  },
  {
    of: ["template"],
    in: /^[:/@]/,
    phrase: (text) =>
      `begins with "${text[0]}". If a variable precedes it, that variable is empty or not set`,
  },
  { of: ["id"], in: IMPOSSIBLE_ID, phrase: (id) => idPhrase(id) },
];

/**
 * Returns a phrase about the first fault of the text, such as `ends with a space: remove it`;
 * `undefined` without one.
 */
export function typingFault(text: string, kind: TextKind): string | undefined {
  return FAULTS.find((fault) => fault.of.includes(kind) && fault.in.test(text))?.phrase(text);
}

/** Returns whether a word begins with a dash that programs do not take for the one of an option. */
export function beginsWithDash(word: string): boolean {
  return new RegExp(`^-*[${DASH}]`).test(word);
}

/** Returns the word with the dashes of an option at its beginning. */
export function withHyphens(word: string): string {
  const name = word.replace(new RegExp(`^[-${DASH}]+`), "");
  const [letters = ""] = name.split("=");
  return `${letters.length === 1 ? "-" : "--"}${name}`;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function idPhrase(id: string): string {
  if (!/^A(?:RO|ID)A/.test(id))
    return "must be the unique id of a role (AROA...) or a user (AIDA...), in upper case";
  if (!/^[A-Z\d]+$/.test(id)) return "must have only upper-case letters and digits";
  return `has ${id.length} characters, but a unique id has at least ${SHORTEST_ID}, so it never matches`;
}
