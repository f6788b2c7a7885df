// Reads and changes the contents of tokens in tests; local/token.ts creates tokens that STS
// accepts.

const PREFIX = "k8s-aws-v1.";

/** Each character of `url` becomes one byte. */
export function tokenOf(url: string): string {
  return `${PREFIX}${Buffer.from(url, "latin1").toString("base64url")}`;
}

export function urlOf(token: string): string {
  return Buffer.from(token.slice(PREFIX.length), "base64url").toString("latin1");
}

/** Replaces the URL in a token. */
export function editToken(token: string, edit: (url: string) => string): string {
  return tokenOf(edit(urlOf(token)));
}

/** A parameter of the URL in a token, still encoded. */
export function queryValue(token: string, name: string): string {
  return new RegExp(`[?&]${name}=([^&]*)`).exec(urlOf(token))?.[1] ?? "";
}
