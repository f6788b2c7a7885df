// One review for both servers, and the facts about it that rules use.

import type { Fault } from "../../../local/faults.ts";
import type { LocalIdentity } from "../../../local/identities.ts";
import type { StsBehaviour } from "./sts-answers.ts";

export interface Case {
  /** The kind of case, for failure messages. */
  readonly kind: string;
  readonly token: string;
  /** Valid: both servers must grant it. */
  readonly good: boolean;
  /** The request body. */
  readonly body: string;
  /** The signer of the token before damage. */
  readonly identity: LocalIdentity;
  /** STS's behavior for requests of this token; empty: normal. */
  readonly sts: StsBehaviour;
}

/** Facts for the rules. Parsed leniently, since cases that both servers deny need no rule. */
export interface Facts extends Case {
  readonly url: UrlFacts | undefined;
  /** STS's behavior for the first and second request. */
  readonly first: Fault | undefined;
  readonly second: Fault | undefined;
  /** The final STS response, if it is fixed. */
  readonly answer: { readonly status: number; readonly text: string } | undefined;
}

export interface UrlFacts {
  readonly text: string;
  readonly scheme: string;
  /** Everything before the path. */
  readonly authority: string;
  readonly host: string;
  /** Still encoded. */
  readonly pairs: readonly string[];
  /** The decoded value of a lower-case name; `undefined` if it is absent. */
  value(name: string): string | undefined;
  /** Decoded names in their spelling. */
  readonly spelled: readonly string[];
  /** Decoded names in lower case. */
  readonly names: readonly string[];
}

/** By the text of the rule in test/e2e/README.md. Depends only on the case, never on a response. */
export type Conditions = Readonly<Record<string, (facts: Facts) => boolean>>;

/** Conditions for tokens with a URL. */
export function onUrl(rules: Readonly<Record<string, (url: UrlFacts, facts: Facts) => boolean>>): Conditions {
  return Object.fromEntries(
    Object.entries(rules).map(([rule, holds]) => [
      rule,
      (facts: Facts) => facts.url !== undefined && holds(facts.url, facts),
    ]),
  );
}

const PREFIX = "k8s-aws-v1.";

export function factsOf(made: Case): Facts {
  const [first] = made.sts;
  // the last behavior repeats
  const second = made.sts.length > 1 ? made.sts[1] : first;
  const last = second?.kind === "answer" ? { status: second.status, text: second.body } : undefined;
  const text = urlOf(made.token);
  return { ...made, url: text === undefined ? undefined : readUrl(text), first, second, answer: last };
}

/** The decoded token, one character per byte; `undefined` if it is not base64. */
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

/** A key for a request to STS that ignores case of names, order and encoding. */
export function requestKey(query: string): string {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return JSON.stringify(pairs.map(asciiLowerCase).map(String).sort());
}
