// Creates distinct tokens without signing, which would be too slow for a million.

import type { TokenKind } from "./work.ts";

const HEAD = "k8s-aws-v1.";

/** Encoded in the signature: the identity that the in-process STS returns, or an error. */
const REFUSED = "f".repeat(16);
const DIGITS = 24;

/** `now` in milliseconds since 1970. */
export function token(kind: TokenKind, number: number, role: number, now: number): string {
  if (kind === "malformed") return `${HEAD}${Buffer.from(`https://example.com/${number}`).toString("base64url")}`;
  const first = kind === "refused" ? REFUSED : "0".repeat(16);
  const signature = `${first}${hex(role)}${hex(number)}`;
  const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  const query =
    "Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
    `&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F${date.slice(0, 8)}%2Fus-east-1%2Fsts%2Faws4_request` +
    `&X-Amz-Date=${date}&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=${signature}`;
  return `${HEAD}${Buffer.from(`https://sts.us-east-1.amazonaws.com/?${query}`).toString("base64url")}`;
}

/** The identity encoded in the signature of a URL; `undefined` if STS must reject it. */
export function readSignature(url: string): { readonly number: number; readonly role: number } | undefined {
  const signature = /X-Amz-Signature=([0-9a-f]{64})/.exec(url)?.[1] ?? REFUSED;
  if (signature.startsWith(REFUSED)) return undefined;
  return { role: parseInt(signature.slice(16, 16 + DIGITS), 16), number: parseInt(signature.slice(16 + DIGITS), 16) };
}

function hex(number: number): string {
  return number.toString(16).padStart(DIGITS, "0");
}
