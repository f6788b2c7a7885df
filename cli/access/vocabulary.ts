// Extracts from a stored value what can affect decisions: globs, sessions, unique ids and ends.

import { type ArnSections, arnPattern, matchesSections } from "../../functions/authenticator/mapping/arn-like.ts";
import { withoutPath } from "../../functions/authenticator/mapping/deny-list.ts";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { notAfterTime } from "../../functions/lib/not-after.ts";
import { oncePerRead } from "../../functions/parameters/once-per-read.ts";
import type { StoredParameter } from "../../functions/parameters/stored-parameter.ts";

export interface Vocabulary {
  /** Every string under any key, also repeated keys. Superfluous strings cost time but do not change results. */
  readonly strings: readonly string[];
  /** Sections in lower case. */
  readonly globs: readonly ArnSections[];
  /** Strings with a placeholder: usernames and groups. */
  readonly templates: readonly string[];
}

export function vocabularyOf(stored: StoredParameter | undefined): Vocabulary {
  return stored === undefined ? { strings: [], globs: [], templates: [] } : readVocabulary(stored);
}

const readVocabulary = oncePerRead(({ value }): Vocabulary => {
  const literals = value.match(/"(?:[^"\\]|\\.)*"/g) ?? [];
  const strings = [
    ...new Set(literals.map((literal) => parseJson(literal)).filter((text) => typeof text === "string")),
  ];
  return {
    strings,
    globs: strings.flatMap((text) => [arnPattern(text) ?? []]).filter(({ length }) => length > 0),
    templates: strings.filter((text) => text.includes("{")),
  };
});

/**
 * The ends in this parameter for an identity with these ARNs, in milliseconds since 1970. Only of matching entries: each end
 * is evaluated, and a list may have a thousand.
 */
export function endsFor(
  stored: StoredParameter | undefined,
  arns: readonly (ArnSections | undefined)[],
  sessionName = "",
): number[] {
  if (stored === undefined) return [];
  return readEnds(stored).entries.flatMap(({ globs, session, end }) => {
    const isOther = globs.length > 0 && !arns.some((arn) => globs.some((glob) => matchesSections(glob, arn)));
    return isOther || (session !== undefined && session !== sessionName) ? [] : [end];
  });
}

interface EndingEntry {
  /** With and without the path, since a denial of a role or user applies with any path. Empty: applies to all. */
  readonly globs: readonly (ArnSections | undefined)[];
  readonly session: string | undefined;
  readonly end: number;
}

const readEnds = oncePerRead(({ value }): { readonly entries: readonly EndingEntry[] } => {
  const content = parseJson(value);
  const items: readonly unknown[] = Array.isArray(content) ? content : [content];
  return {
    entries: items.flatMap((item) => {
      const { arnLike, session, notAfter } = isObject(item) ? item : {};
      const end = typeof notAfter === "string" ? notAfterTime(notAfter) : undefined;
      if (end === undefined) return [];
      const globs = typeof arnLike === "string" ? [arnPattern(arnLike), arnPattern(withoutPath(arnLike))] : [];
      return { globs, session: typeof session === "string" ? session : undefined, end };
    }),
  };
});
