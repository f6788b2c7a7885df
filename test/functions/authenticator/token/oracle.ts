// Derives the request that a token means, without the code under test.

const NAMES = (
  "Action Version X-Amz-Algorithm X-Amz-Credential X-Amz-Date X-Amz-Expires " +
  "X-Amz-Security-Token X-Amz-Signature X-Amz-SignedHeaders"
).split(" ");

/** `undefined` if STS must receive nothing: no URL of this form, or an ambiguous one. */
export function meaningOf(
  token: string,
): { readonly host: string; readonly target: string } | undefined {
  const url = decode(token.slice("k8s-aws-v1.".length));
  if (url === undefined || !url.startsWith("https://")) return undefined;
  const slash = url.indexOf("/", "https://".length);
  if (url.slice(slash, slash + 2) !== "/?") return undefined;
  const values = new Map<string, string>();
  for (const pair of url.slice(slash + 2).split("&")) {
    const equals = pair.indexOf("=");
    if (equals < 0) return undefined;
    const name = NAMES.find(
      (known) => known.toLowerCase() === unescaped(pair.slice(0, equals))?.toLowerCase(),
    );
    const value = unescaped(pair.slice(equals + 1));
    if (name === undefined || value === undefined || values.has(name)) return undefined;
    values.set(name, value);
  }
  const query = NAMES.flatMap((name) => {
    const value = values.get(name);
    return value === undefined ? [] : [`${name}=${escaped(value)}`];
  });
  return { host: url.slice("https://".length, slash), target: `/?${query.join("&")}` };
}

/** Accepts only the canonical spelling (RFC 4648, section 3.5). */
function decode(base64url: string): string | undefined {
  try {
    const decoded = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
    const canonical = btoa(decoded).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return canonical === base64url ? decoded : undefined;
  } catch {
    return undefined;
  }
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** RFC 3986: unreserved characters stay, every other byte is a percent sign and two digits. */
function escaped(text: string): string {
  let result = "";
  for (const byte of Buffer.from(text)) {
    const character = String.fromCharCode(byte);
    const unreserved = /[A-Za-z0-9]/.test(character) || "-._~".includes(character);
    result += unreserved ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return result;
}
