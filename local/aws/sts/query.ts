// Parses and encodes query strings as SigV4 does, byte by byte.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { malformedQuery } from "./errors.ts";

/** A decoded name and value, one character per byte. */
export type Parameter = readonly [name: string, value: string];

/** The parameters of a raw query string or form body, in the order sent. */
export function parseQuery(raw: string): readonly Parameter[] {
  return raw
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? [decode(pair), ""] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
    });
}

/** Encodes parameters, sorted by name, then by value. */
export function canonicalQuery(parameters: readonly Parameter[]): string {
  return parameters
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

/** SigV4's UriEncode: `%XX` in upper case, except for RFC 3986's unreserved characters. */
export function encode(bytes: string): string {
  return bytes.replace(
    /[^A-Za-z0-9._~-]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

// As in AWS, a plus sign is a space, so an unencoded session token is corrupted
function decode(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) throw malformedQuery();
  return text.replaceAll("+", " ").replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
