// Computes the expected SigV4 signature of a request.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac } from "node:crypto";
import type { LocalRequest } from "../http-server.ts";
import type { Authentication } from "./authentication.ts";
import { canonicalQuery, encode } from "./query.ts";

/** 64 hex digits, or `undefined` if a signed header is missing. */
export function expectedSignature(
  request: LocalRequest,
  { scope, signedHeaders, signedQuery, timestamp }: Authentication,
  secretAccessKey: string,
): string | undefined {
  const headers = canonicalHeaders(request.rawHeaders, signedHeaders);
  if (headers === undefined) return undefined;
  const path = request.target.split("?", 1)[0] ?? "/";
  const canonicalRequest = [
    request.method,
    path.split("/").map(encode).join("/"),
    canonicalQuery(signedQuery),
    headers,
    signedHeaders.join(";"),
    sha256(request.body),
  ].join("\n");
  const stringToSign = ["AWS4-HMAC-SHA256", timestamp, scope.join("/"), sha256(canonicalRequest)].join("\n");
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign).toString("hex");
}

/** One line per name: values trimmed, inner spaces collapsed, repeated headers joined in the order sent. */
function canonicalHeaders(rawHeaders: readonly string[], names: readonly string[]): string | undefined {
  const sent = new Map<string, string[]>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    const value = (rawHeaders[at + 1] ?? "").trim().replace(/ +/g, " ");
    sent.set(name, [...(sent.get(name) ?? []), value]);
  }
  let lines = "";
  for (const name of names) {
    const values = sent.get(name);
    if (values === undefined) return undefined;
    lines += `${name}:${values.join(",")}\n`;
  }
  return lines;
}

// Received strings have one character per byte, hence latin1

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(bytes(data)).digest("hex");
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac("sha256", bytes(key)).update(bytes(data)).digest();
}

function bytes(data: string | Buffer): Buffer {
  return typeof data === "string" ? Buffer.from(data, "latin1") : data;
}
