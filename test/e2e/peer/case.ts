// One review that both servers are given, and what is known of it without asking either.

import type { Fault } from "../../../local/faults.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import type { StsBehaviour } from "./sts-answers.ts";

export interface Case {
  /** How it was made, for whoever reads of a failure. */
  readonly kind: string;
  readonly token: string;
  /** Nothing is wrong with it: both have to grant it. */
  readonly good: boolean;
  /** What is posted. */
  readonly body: string;
  /** Who signed the token, before it was damaged. */
  readonly identity: LocalIdentity;
  /** What STS does with the requests of this token; nothing unusual when empty. */
  readonly sts: StsBehaviour;
}

/** What the rules are about. Read leniently, since all that both servers refuse needs no rule. */
export interface Facts extends Case {
  readonly url: UrlFacts | undefined;
  /** What STS does with the first request, and with the second one. */
  readonly first: Fault | undefined;
  readonly second: Fault | undefined;
  /** Of the answer that STS gives in the end, where it is a fixed one. */
  readonly answer: { readonly status: number; readonly text: string } | undefined;
}

export interface UrlFacts {
  readonly text: string;
  readonly scheme: string;
  /** With all that stands before the path. */
  readonly authority: string;
  readonly host: string;
  /** As it stands in the URL. */
  readonly pairs: readonly string[];
  /** The decoded value of a name that is given in lower case; `undefined` where there is none. */
  value(name: string): string | undefined;
  /** Decoded names as they are spelled. */
  readonly spelled: readonly string[];
  /** The same in lower case. */
  readonly names: readonly string[];
}

const PREFIX = "k8s-aws-v1.";

export function factsOf(made: Case): Facts {
  const [first] = made.sts;
  // the last of a behaviour goes on
  const second = made.sts.length > 1 ? made.sts[1] : first;
  const last = second?.kind === "answer" ? { status: second.status, text: second.body } : undefined;
  const text = urlOf(made.token);
  return { ...made, url: text === undefined ? undefined : readUrl(text), first, second, answer: last };
}

/** What is inside a token, if base64 is what it is in; one character for each byte. */
export function urlOf(token: string): string | undefined {
  if (!token.startsWith(PREFIX)) return undefined;
  return Buffer.from(token.slice(PREFIX.length).replace(/[\r\n]/g, ""), "base64url").toString("latin1");
}

function readUrl(text: string): UrlFacts {
  const [, scheme = "", authority = "", rest = ""] = /^([^:]*):\/\/([^/?#]*)(.*)$/s.exec(text) ?? [];
  const pairs = rest.split("#", 1).join().split("?").slice(1).join("?").split("&");
  const spelled = pairs.map((pair) => readPair(pair)[0]);
  const values = new Map(pairs.map(asciiLowerCase).toReversed());
  return {
    text,
    scheme,
    authority,
    host: authority.split("@").at(-1) ?? "",
    pairs,
    spelled,
    names: [...values.keys()],
    value: (name) => values.get(name),
  };
}

function readPair(pair: string): [name: string, value: string] {
  const [name = "", ...value] = pair.split("=");
  return [decode(name), decode(value.join("="))];
}

function asciiLowerCase(pair: string): [name: string, value: string] {
  const [name, value] = readPair(pair);
  return [name.toLowerCase(), value];
}

function decode(text: string): string {
  return text
    .replaceAll("+", " ")
    .replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The same for every spelling of one request to STS: names without regard to case, in any order, however encoded. */
export function requestKey(query: string): string {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return JSON.stringify(pairs.map(asciiLowerCase).map(String).sort());
}
