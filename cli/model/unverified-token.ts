// Decodes the parts of a JWT without verifying it.

import { isObject, parseJson } from "../../functions/lib/json.ts";

/** Decodes the parts of a token. A part that is not a JSON object in base64url is empty. */
export function unverifiedParts(
  token: string,
): Record<"header" | "claims", Readonly<Record<string, unknown>>> {
  const [header = {}, claims = {}] = token.split(".", 2).map((part) => {
    const value = parseJson(Buffer.from(part, "base64url").toString());
    return isObject(value) ? value : {};
  });
  return { header, claims };
}
