// What is inside a token, for tests that look at it or change it; tokens that STS accepts are made by local/token.ts.

const PREFIX = "k8s-aws-v1.";

/** One character of `url` is one byte of the token. */
export function tokenOf(url: string): string {
  return `${PREFIX}${Buffer.from(url, "latin1").toString("base64url")}`;
}

export function urlOf(token: string): string {
  return Buffer.from(token.slice(PREFIX.length), "base64url").toString("latin1");
}

/** The same token with another URL inside. */
export function editToken(token: string, edit: (url: string) => string): string {
  return tokenOf(edit(urlOf(token)));
}

/** A value of the URL inside a token, as it stands there. */
export function queryValue(token: string, name: string): string {
  return new RegExp(`[?&]${name}=([^&]*)`).exec(urlOf(token))?.[1] ?? "";
}
