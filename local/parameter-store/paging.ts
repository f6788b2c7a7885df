// Pages of a listing. A token names the last item that was given, so writers in between never repeat or hide others.

import type { Input } from "../aws-json.ts";
import { ServiceError } from "../service-error.ts";
import { optionalText, pageSize } from "./input.ts";

/** What a page shows, and the member that its answer carries when there may be more. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: { readonly NextToken?: string };
}

/**
 * The page that `input` asks for out of `all`, which is in the order of `keyOf`. A full page always has a token, even
 * when nothing follows: the service may send empty pages too, and clients must take them.
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
