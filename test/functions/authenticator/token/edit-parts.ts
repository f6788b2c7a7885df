// The parts of random edits: percent-encoding, bytes of the URL, spellings of base64.

import fc from "fast-check";

/** A parsed presigned URL. Each pair is a name and a value, both encoded as in the URL. */
export interface Presigned {
  readonly host: string;
  readonly pairs: readonly (readonly string[])[];
}

/** Writes one character of a name or value in another percent-encoding of the same byte. */
export function respell(text: string, at: number, lowerCase: boolean): string {
  const units = text.match(/%..|./g) ?? [];
  const index = at % Math.max(1, units.length);
  return units
    .map((unit, i) => {
      if (i !== index) return unit;
      const code = unit.length > 1 ? unit : `%${unit.charCodeAt(0).toString(16).padStart(2, "0")}`;
      return lowerCase ? code.toLowerCase() : code.toUpperCase();
    })
    .join("");
}

/** Characters that parsers treat differently, and a few of any kind, all of one byte. */
const CHARACTER = fc.oneof(
  fc.constantFrom(..." \t\n\r\0\\/?#&=;%+@:.,-_~'\"<>[]{}|^`*!$()".split("")),
  fc.constantFrom("%00", "%0a", "%0D", "%26", "%3d", "%25", "%2", "%", "%zz", "%u0041", "%C3%A9", "%ff", "+"),
  fc.constantFrom("é", "\x80", "\xff", "\xad", "\x7f"),
  fc.constantFrom(..."0123456789abcdefABCDEFxyzXYZ".split("")),
);

/** One edit of the decoded URL. */
export const asBytes: fc.Arbitrary<(url: string) => string> = fc
  .record({
    kind: fc.constantFrom("replace", "insert", "delete", "truncate", "swap case", "append"),
    at: fc.nat(),
    character: CHARACTER,
  })
  .map(({ kind, at, character }) => (url: string) => {
    const index = at % url.length;
    const before = url.slice(0, index);
    const here = url.charAt(index);
    const after = url.slice(index + 1);
    if (kind === "replace") return before + character + after;
    if (kind === "insert") return before + character + here + after;
    if (kind === "delete") return before + after;
    if (kind === "truncate") return before;
    if (kind === "append") return url + character;
    return before + (here === here.toLowerCase() ? here.toUpperCase() : here.toLowerCase()) + after;
  });

const SPELLINGS: readonly ((text: string, at: number) => string)[] = [
  (text) => `${text}=`,
  (text) => `${text}==`,
  (text) => text.replaceAll("-", "+"),
  (text) => text.replaceAll("_", "/"),
  (text, at) => inserted(text, at, " "),
  (text, at) => inserted(text, at, "\n"),
  (text, at) => inserted(text, at, "."),
  (text, at) => inserted(text, at, "é"),
  (text, at) => inserted(text, at, "\u{1F600}"),
  (text, at) => inserted(text, at, "\0"),
  (text) => `${text}A`,
  (text) => `${text}\n`,
  (text) => text.slice(0, -1),
  (text, at) => text.slice(0, at % text.length),
  // The next letter of the alphabet, so that unused bits of the last letter are set
  (text) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1),
];

/** One edit of the token after its prefix. */
export const asToken: fc.Arbitrary<(text: string) => string> = fc
  .record({ spelling: fc.constantFrom(...SPELLINGS), at: fc.nat() })
  .map(({ spelling, at }) => (text: string) => {
    const start = "k8s-aws-v1.".length;
    return text.slice(0, start) + spelling(text.slice(start), at);
  });

function inserted(text: string, at: number, character: string): string {
  const index = at % Math.max(1, text.length);
  return text.slice(0, index) + character + text.slice(index);
}
