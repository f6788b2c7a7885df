// Random edits of a valid token, for property tests: by an attacker or by another client.

import fc from "fast-check";
import { tokenOf, urlOf } from "../../../token.ts";
import { asBytes, asToken, type Presigned, respell } from "./edit-parts.ts";
import { OTHER_REQUESTS, STRUCTURE_EDITS } from "./structure-edits.ts";

export interface EditedToken {
  /** The original token. */
  readonly original: string;
  readonly text: string;
}

/** Edits that do not change the request: order, case of names, percent-encoding. */
const SAME_MEANING: fc.Arbitrary<(url: Presigned) => Presigned> = fc.oneof(
  fc
    .record({ which: fc.nat(), side: fc.constantFrom(0, 1), at: fc.nat(), lowerCase: fc.boolean() })
    .map(({ which, side, at, lowerCase }) => (url: Presigned) => {
      return changePair(url, which, (pair) => {
        const part = side % pair.length;
        return pair.with(part, respell(pair[part] ?? "", at, lowerCase));
      });
    }),
  fc.record({ which: fc.nat(), at: fc.nat() }).map(({ which, at }) => (url: Presigned) => {
    return changePair(url, which, ([name = "", value = ""]) => [toggleCase(name, at), value]);
  }),
  fc.record({ from: fc.nat(), to: fc.nat() }).map(({ from, to }) => ({ host, pairs }: Presigned) => {
    const moved = pairs[from % pairs.length] ?? [];
    const rest = pairs.toSpliced(from % pairs.length, 1);
    return { host, pairs: rest.toSpliced(to % pairs.length, 0, moved) };
  }),
);

const NOTHING = fc.constant(undefined);

/** A token in another spelling of the same request. */
export function respelled(originals: readonly string[]): fc.Arbitrary<EditedToken> {
  return fc
    .record({ original: fc.constantFrom(...originals), edits: fc.array(SAME_MEANING, { minLength: 1, maxLength: 12 }) })
    .map(({ original, edits }) => ({ original, text: tokenOf(render(applied(original, edits))) }));
}

/** A token with any edit. Almost half of them are still valid. */
export function edited(originals: readonly string[]): fc.Arbitrary<EditedToken> {
  return fc
    .record({
      original: fc.constantFrom(...originals),
      structure: fc.array(fc.oneof({ arbitrary: SAME_MEANING, weight: 6 }, OTHER_REQUESTS, STRUCTURE_EDITS), {
        maxLength: 4,
      }),
      bytes: fc.oneof({ arbitrary: NOTHING, weight: 2 }, asBytes),
      spelling: fc.oneof({ arbitrary: NOTHING, weight: 9 }, asToken),
    })
    .map(({ original, structure, bytes, spelling }) => {
      const url = render(applied(original, structure));
      const text = tokenOf(bytes === undefined ? url : bytes(url));
      return { original, text: spelling === undefined ? text : spelling(text) };
    });
}

function applied(token: string, edits: readonly ((url: Presigned) => Presigned)[]): Presigned {
  return edits.reduce((url, edit) => edit(url), takenApart(token));
}

function takenApart(token: string): Presigned {
  const url = urlOf(token);
  const [, host = "", query = ""] = /^https:\/\/([^/]+)\/\?(.+)$/.exec(url) ?? [];
  return { host, pairs: query.split("&").map((pair) => pair.split("=")) };
}

function render({ host, pairs }: Presigned): string {
  return `https://${host}/?${pairs.map((pair) => pair.join("=")).join("&")}`;
}

function changePair(
  { host, pairs }: Presigned,
  which: number,
  change: (pair: readonly string[]) => readonly string[],
): Presigned {
  const index = which % pairs.length;
  return { host, pairs: pairs.with(index, change(pairs[index] ?? [])) };
}

function toggleCase(text: string, at: number): string {
  return text.replace(/%..|./g, (unit, offset: number) => {
    if (unit.length > 1 || offset !== at % text.length) return unit;
    return unit === unit.toLowerCase() ? unit.toUpperCase() : unit.toLowerCase();
  });
}
