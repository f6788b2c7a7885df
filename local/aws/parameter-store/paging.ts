// Splits lists into pages. A token contains the last returned item, so concurrent writes never repeat or hide other items.

import type { Input } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { optionalText, pageSize } from "./input.ts";

/** The items of a page, and the NextToken member if there may be more. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: { readonly NextToken?: string };
}

/**
 * The requested page of `all`, which must be sorted by `keyOf`. A full page always has a token, even if it is the last:
 * the service may return empty pages too, and clients must accept them.
 */
export function page<T>(all: readonly T[], keyOf: (item: T) => string, input: Input, most: number): Page<T> {
  const size = pageSize(input, most);
  const after = decodeToken(optionalText(input, "NextToken"));
  const start = after === undefined ? 0 : all.findIndex((item) => keyOf(item) > after);
  const items = start < 0 ? [] : all.slice(start, start + size);
  const last = items.at(-1);
  return { items, next: items.length < size || last === undefined ? {} : { NextToken: encodeToken(keyOf(last)) } };
}

const TOKEN_MARK = "page:";

function encodeToken(key: string): string {
  return Buffer.from(TOKEN_MARK + key).toString("base64url");
}

function decodeToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith(TOKEN_MARK)) throw new ServiceError("InvalidNextToken", "The specified token isn't valid.");
  return text.slice(TOKEN_MARK.length);
}
