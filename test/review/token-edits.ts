// Changes to what is inside a token.

const PREFIX = "k8s-aws-v1.";

/** The same token with another URL inside. */
export function editToken(token: string, edit: (url: string) => string): string {
  return tokenOf(edit(urlOf(token)));
}

export function urlOf(token: string): string {
  return Buffer.from(token.slice(PREFIX.length), "base64url").toString("latin1");
}

export function tokenOf(url: string): string {
  return `${PREFIX}${Buffer.from(url, "latin1").toString("base64url")}`;
}

/** A value of the URL inside a token, as it stands there. */
export function queryValue(token: string, name: string): string {
  return new RegExp(`[?&]${name}=([^&]*)`).exec(urlOf(token))?.[1] ?? "";
}
