// Extracts from a stored value what can affect decisions: globs, sessions, unique ids and ends.

import type { VerifiedIdentity } from "../../functions/authenticator/identity/identity.ts";
import { type ArnSections, arnPattern, matchesArnLike } from "../../functions/authenticator/mapping/arn-like.ts";
import { identityArns, withoutPath } from "../../functions/authenticator/mapping/deny-list.ts";
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
 * The ends in this parameter for an identity, in milliseconds since 1970. Only of matching entries: each end is evaluated,
 * and a list may have a thousand.
 */
export function endsFor(stored: StoredParameter | undefined, identity: VerifiedIdentity): number[] {
  if (stored === undefined) return [];
  const arns = identityArns(identity);
  return readEnds(stored).entries.flatMap(({ arnLike, session, end }) => {
    // A denial of a role or user applies with any path.
    const globs = arnLike === undefined ? [] : [arnLike, withoutPath(arnLike)];
    const isOther = globs.length > 0 && !arns.some((arn) => globs.some((glob) => matchesArnLike(glob, arn)));
    return isOther || (session !== undefined && session !== (identity.sessionName ?? "")) ? [] : [end];
  });
}

const readEnds = oncePerRead(({ value }) => {
  const content = parseJson(value);
  const items: readonly unknown[] = Array.isArray(content) ? content : [content];
  const textOf = (text: unknown) => (typeof text === "string" ? text : undefined);
  const entries = items.flatMap((item) => {
    const { arnLike, session, notAfter } = isObject(item) ? item : {};
    const end = typeof notAfter === "string" ? notAfterTime(notAfter) : undefined;
    return end === undefined ? [] : { arnLike: textOf(arnLike), session: textOf(session), end };
  });
  return { entries };
});
