// Usernames that more than one mapping can give: by RBAC, they are then one user.

import type { Mapping } from "../../functions/authenticator/mapping/mapping.ts";
import type { Placeholder } from "../../functions/authenticator/mapping/template.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import type { EvaluationContext } from "../evaluate/evaluation.ts";
import { readParameter } from "../mapping-file/read-parameter.ts";
import type { Parameters } from "./account-names.ts";

/** What each placeholder can be: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html for sessions. */
const VALUES: Readonly<Record<Placeholder, RegExp>> = {
  AccountID: /\d/,
  SessionName: /[\w+=,.-]/,
  SessionNameRaw: /[\w+=,.@-]/,
  AccessKeyID: /[A-Z0-9]/,
  EC2PrivateDNSName: /[a-z0-9.-]/,
};
const ARN_CHARACTER = /[\x21-\x7e]/;
const ASCII = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index));

/** One character of those, or a run of one or more. */
interface Token {
  readonly takes: ReadonlySet<string>;
  readonly repeats: boolean;
}

function run(characters: RegExp): Token {
  return { takes: new Set(ASCII.filter((one) => characters.test(one))), repeats: true };
}

function tokensOf(template: string): Token[] {
  return template.split(/(\{\w+\})/).flatMap((text, index): Token[] => {
    if (index % 2 === 1) return [run(VALUES[text.slice(1, -1) as Placeholder] ?? ARN_CHARACTER)];
    return Array.from(text, (one) => ({ takes: new Set([one]), repeats: false }));
  });
}

/** Whether two templates can render the same name. */
export function canRenderSame(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [tokensOf(a), tokensOf(b)];
  // Pairs of tokens that read the same character; a run may read the next one too.
  let pairs = new Map<string, readonly [number, number]>([["0,0", [0, 0]]]);
  const seen = new Set<string>();
  while (pairs.size > 0) {
    const next: typeof pairs = new Map();
    for (const [key, [i, j]] of pairs) {
      if (seen.has(key)) continue;
      seen.add(key);
      if (i === left.length && j === right.length) return true;
      const [one, other] = [left[i], right[j]];
      if (one === undefined || other === undefined || ![...one.takes].some((text) => other.takes.has(text))) continue;
      for (const row of one.repeats ? [i, i + 1] : [i + 1]) {
        for (const column of other.repeats ? [j, j + 1] : [j + 1]) next.set(`${row},${column}`, [row, column]);
      }
    }
    pairs = next;
  }
  return false;
}

/** Finds another mapping, which has not ended, that gives the same username, as the name of its parameter; `undefined` where none does. */
export function usernameFinder({ prefix, now }: EvaluationContext, parameters: Parameters) {
  const givers = new Map<string, Set<string>>();
  for (const [name, stored] of parameters) {
    for (const { mapping, account } of readParameter(prefix, name, stored).entries) {
      const template = isExpired(mapping.notAfter, now) ? undefined : templateOf(mapping, account);
      if (template !== undefined) givers.set(template, (givers.get(template) ?? new Set()).add(name));
    }
  }
  const templates = [...givers.keys()].filter((template) => template.includes("{"));
  const known = new Map<string, readonly string[]>();

  /** Those with a template that overlaps; most mappings share a few templates, or give a literal name. */
  function overlapping(template: string): readonly string[] {
    const cached = known.get(template);
    if (cached !== undefined) return cached;
    const others = template.includes("{") ? [...givers.keys()] : [...templates, template];
    const found = others.filter((other) => givers.has(other) && canRenderSame(template, other));
    known.set(template, found);
    return found;
  }

  return (mapping: Mapping, account: string, parameter: string): string | undefined => {
    const template = templateOf(mapping, account);
    if (template === undefined) return undefined;
    for (const other of overlapping(template)) {
      const name = [...(givers.get(other) ?? [])].find((one) => one !== parameter);
      if (name !== undefined) return name;
    }
    return undefined;
  };
}

/** An account mapping without a username gives each identity its own ARN. `account`: twelve digits, or `any`. */
function templateOf({ username, deny }: Mapping, account: string): string | undefined {
  if (deny) return undefined;
  return account === "any" ? username : username?.replaceAll("{AccountID}", account);
}
