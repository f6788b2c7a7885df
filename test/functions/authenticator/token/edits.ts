// Random edits of a valid token, for property tests: by an attacker or by another client.

import fc from "fast-check";
import { hostileHosts } from "../../../hostile-tokens.ts";
import { tokenOf, urlOf } from "../../../token.ts";

/** A parsed presigned URL. Each pair is a name and a value, both encoded as in the URL. */
interface Presigned {
  readonly host: string;
  readonly pairs: readonly (readonly string[])[];
}

type Choice = typeof CHOICE extends fc.Arbitrary<infer C> ? C : never;
type Edit = (url: Presigned, choice: Choice) => Presigned;

/** Writes one character of a name or value in another percent-encoding of the same byte. */
function respell(text: string, at: number, lowerCase: boolean): string {
  const units: readonly string[] = text.match(/%..|./g) ?? [];
  const unit = units[at % units.length];
  if (unit === undefined) return text;
  const code = unit.length === 1 ? `%${unit.charCodeAt(0).toString(16).padStart(2, "0")}` : unit;
  return units
    .with(at % units.length, lowerCase ? code.toLowerCase() : code.toUpperCase())
    .join("");
}

/** Changes the case of a letter that is not part of a percent-encoding. */
function toggleCase(text: string, at: number): string {
  return text.replace(/%..|./g, (unit, offset: number) => {
    if (unit.length > 1 || offset !== at % text.length) return unit;
    return unit === unit.toLowerCase() ? unit.toUpperCase() : unit.toLowerCase();
  });
}

function changePair(
  { host, pairs }: Presigned,
  which: number,
  change: (name: string, value: string) => string[],
) {
  const index = which % pairs.length;
  const [name = "", value = ""] = pairs[index] ?? [];
  return { host, pairs: pairs.with(index, change(name, value)) };
}

function insertPair({ host, pairs }: Presigned, to: number, pair: readonly string[]): Presigned {
  return { host, pairs: pairs.toSpliced(to % (pairs.length + 1), 0, pair) };
}

/** Edits that do not change the request: percent-encoding, case of names, order. */
const SAME_MEANING: readonly Edit[] = [
  (url, { which, at, flag }) =>
    changePair(url, which, (name, value) => [respell(name, at, flag), value]),
  (url, { which, at, flag }) =>
    changePair(url, which, (name, value) => [name, value && respell(value, at, flag)]),
  (url, { which, at }) => changePair(url, which, (name, value) => [toggleCase(name, at), value]),
  ({ host, pairs }, { which, to }) => {
    const rest = pairs.toSpliced(which % pairs.length, 1);
    return { host, pairs: rest.toSpliced(to % pairs.length, 0, pairs[which % pairs.length] ?? []) };
  },
];

/** Text beyond one byte per character becomes the bytes of its UTF-8, as a client would send it. */
const utf8 = (text: string) => Buffer.from(text).toString("latin1");

/** Hosts of STS that the token is not signed for, and hosts that only look valid. */
function otherHosts(host: string): readonly string[] {
  return [
    ...Object.values(hostileHosts(host)).flat(),
    ...[
      "sts.amazonaws.com",
      "sts.internal.example.com",
      host.replace("sts.", "sts-fips."),
      `${host}#.evil.example`,
    ],
    ...["us-east-1", "not-a-region-1"].map((region) => host.replace("us-west-2", region)),
    ...["api.aws", "amazonaws.com.cn"].map((domain) => host.replace("amazonaws.com", domain)),
  ];
}

/** Edits that give a presigned URL another meaning, two meanings, or none. */
const OTHER_MEANING: readonly Edit[] = [
  // Another valid value, so a well-formed request that is not signed
  (url, { which }) =>
    changePair(url, which, (name, value) => [
      name,
      /headers/i.test(name)
        ? value.replace(/[hk]/, (letter) => letter.toUpperCase())
        : value.replace(/[A-Z](?=%2F)|[0-5]Z$|0$|[2-9a-z](?=[^&]*$)/, (c) => {
            return String.fromCharCode(c.charCodeAt(0) ^ 1) + c.slice(1);
          }),
    ]),
  ({ host, pairs }, { which }) => {
    const others = otherHosts(host);
    return { host: utf8(others[which % others.length] ?? ""), pairs };
  },
  (url, { which, value }) => changePair(url, which, (name) => [name, value]),
  (url, { which, to, at, flag, value }) => {
    const [name = "", own = ""] = url.pairs[which % url.pairs.length] ?? [];
    const names = [name, name.toUpperCase(), name.toLowerCase(), respell(name, at, true)];
    return insertPair(url, to, [names[at % 4] ?? "", flag ? own : value]);
  },
  ({ host, pairs }, { which }) => ({ host, pairs: pairs.toSpliced(which % pairs.length, 1) }),
  (url, { to, name, value }) => insertPair(url, to, [utf8(name), value]),
  // A pair loses its equals sign or gets another one, or two pairs lose their separator
  (url, { which, at }) => {
    return changePair(
      url,
      which,
      (name, own) => [[name + own], [name, "", own], [name, own, "x"]][at % 3] ?? [],
    );
  },
  ({ host, pairs }, { which }) => {
    const index = which % pairs.length;
    return {
      host,
      pairs: pairs.toSpliced(index, 2, [...(pairs[index] ?? []), ...(pairs[index + 1] ?? [])]),
    };
  },
];

/** Characters that parsers treat differently, and a few of any kind. */
const CHARACTERS = [
  ...[
    ..." \t\n\r\0\\/?#&=;%+@:.,-_~'\"<>[]{}|^`*!$()0123456789abcdefABCDEFxyzXYZé\x80\xff\xad\x7f",
  ],
  ...["%00", "%0a", "%0D", "%26", "%3d", "%25", "%2", "%zz", "%u0041", "%C3%A9", "%ff"],
];
/** Edits of text: of the decoded URL, and of the token after its prefix. */
const TEXT_EDITS: readonly ((text: string, index: number, added: string) => string)[] = [
  (text, index, added) => text.slice(0, index) + added + text.slice(index + 1),
  (text, index, added) => text.slice(0, index) + added + text.slice(index),
  (text, index) => text.slice(0, index) + text.slice(index + 1),
  (text, index) => text.slice(0, index),
  (text, _, added) => text + added,
  (text, index) => toggleCase(text, index),
];
const TEXT_EDIT = fc
  .tuple(fc.constantFrom(...TEXT_EDITS), fc.nat(), fc.constantFrom(...CHARACTERS, "\u{1F600}"))
  .map(
    ([edit, at, added]) =>
      (text: string) =>
        edit(text, at % Math.max(1, text.length), added),
  );

/** Where an edit applies, and what it adds. */
const CHOICE = fc.record({
  ...{ which: fc.nat(), to: fc.nat(), at: fc.nat(), flag: fc.boolean() },
  value: fc.constantFrom(
    ...[
      "",
      "%20",
      "%00",
      "%0d%0a",
      "0",
      "60",
      "900",
      "901",
      "-1",
      "AssumeRole",
      "getcalleridentity",
      "a&b",
      "a=b",
    ],
    ...[
      "20260102T030406Z",
      "20260102T031906Z",
      "20260102T024904Z",
      "99991231T235959Z",
      "2011-06-16",
      "a;b",
      "a+b",
    ],
    ...[
      "AKIALOCALALICEBBBBBB%2F20260102%2Fus-west-2%2Fsts%2Faws4_request",
      "host",
      "host%3bx-k8s-aws-id",
    ],
    ...[
      "Host%3BX-K8s-Aws-Id",
      "x-k8s-aws-id%3bhost",
      "0".repeat(64),
      "AWS4-HMAC-SHA1",
      "%E2%82%AC",
      "%",
    ],
  ),
  name: fc.constantFrom(
    ...[
      "",
      "extra",
      "X-Amz-Security-Token",
      "RoleArn",
      "X-Amz-Content-Sha256",
      "x-k8s-aws-id",
      "__proto__",
      "%00",
    ],
    ...[
      "Action%00",
      "Action%20",
      "%20Action",
      "Action[]",
      "Act\u0131on",
      "X_Amz_Date",
      "constructor",
    ],
  ),
});
const editOf = (edits: readonly Edit[]) => fc.tuple(fc.constantFrom(...edits), CHOICE);
const SAME = editOf(SAME_MEANING);
const NOTHING = fc.constant((text: string) => text);

export function respelled(originals: readonly string[]) {
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(SAME, { minLength: 1, maxLength: 12 }))
    .map(([original, edits]) => ({ original, text: tokenOf(applied(original, edits)) }));
}

/** A token with any edit. Almost half of them are still valid. */
export function edited(originals: readonly string[]) {
  const structure = fc.oneof({ arbitrary: SAME, weight: 3 }, editOf(OTHER_MEANING));
  return fc
    .tuple(
      fc.constantFrom(...originals),
      fc.array(structure, { maxLength: 4 }),
      fc.oneof({ arbitrary: NOTHING, weight: 2 }, TEXT_EDIT),
      fc.oneof({ arbitrary: NOTHING, weight: 9 }, TEXT_EDIT),
    )
    .map(([original, edits, bytes, spelling]) => {
      const token = tokenOf(bytes(applied(original, edits)));
      const start = "k8s-aws-v1.".length;
      return { original, text: token.slice(0, start) + spelling(token.slice(start)) };
    });
}

function applied(token: string, edits: readonly (readonly [Edit, Choice])[]): string {
  const [, own = "", query = ""] = /^https:\/\/([^/]+)\/\?(.+)$/.exec(urlOf(token)) ?? [];
  const presigned: Presigned = {
    host: own,
    pairs: query.split("&").map((pair) => pair.split("=")),
  };
  const { host, pairs } = edits.reduce((url, [edit, choice]) => edit(url, choice), presigned);
  return `https://${host}/?${pairs.map((pair) => pair.join("=")).join("&")}`;
}
