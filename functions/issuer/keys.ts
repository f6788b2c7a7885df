// The issuer's keys, read from Parameter Store: the valid ones of all, and the last good ones while it fails.

import { IssuerWithoutKeys, ParametersUnavailable } from "../errors.ts";
import type { Clock, Deadline, EpochMs } from "../lib/deadline.ts";
import { parseJson } from "../lib/json.ts";
import type { FetchPath } from "../parameters/parameter-store.ts";
import type { DatedParameter, StoredParameter } from "../parameters/stored-parameter.ts";
import { checkIssuerKey, type IssuerKey, type IssuerKeyCheck } from "./key.ts";

export interface KeySet {
  readonly keys: readonly IssuerKey[];
  /** Parameters that are left out, each with what is wrong with it. */
  readonly invalid: readonly { readonly parameter: string; readonly problem: string }[];
}

export interface ReadKeySet extends KeySet {
  /** Whether Parameter Store was not asked, or its failure was covered by what is remembered. */
  readonly cached: boolean;
  /** Whether Parameter Store has failed since the keys were read. */
  readonly stale: boolean;
}

/** Throws `ParametersUnavailable` or `IssuerWithoutKeys`. */
export type ReadKeys = (deadline: Deadline) => Promise<ReadKeySet>;

/** As many as one page of GetParametersByPath holds. */
export const MAX_KEYS = 10;
const TOO_MANY = `is not served: the issuer serves the ${MAX_KEYS} keys that were published first. Retire old keys (irsa keys retire)`;

const FOUND_MS = 30_000;
/** Until the first key is looked for again. */
const EMPTY_MS = 10_000;
/** A token lives for a day by default; keys that were good an hour ago verify it. */
const LAST_GOOD_MS = 24 * 3_600_000;
/** A Parameter Store that fails is not asked for each document: STS waits for 5 s at most. */
const RETRY_MS = 5_000;

/** Below it, each parameter is a key. */
export function issuerPath(prefix: string): string {
  return `${prefix}/issuer`;
}

export function issuerKeyParameter(prefix: string, kid: string): string {
  return `${issuerPath(prefix)}/${kid}`;
}

/** Of more than `MAX_KEYS` valid keys, those that were written first: the keys that were served before one was too many. */
export function keySetOf(prefix: string, parameters: ReadonlyMap<string, DatedParameter>): KeySet {
  const valid: { parameter: string; modified: EpochMs; key: IssuerKey }[] = [];
  const invalid: { parameter: string; problem: string }[] = [];
  for (const [parameter, stored] of parameters) {
    const check = checkKeyParameter(prefix, parameter, stored);
    if (check.valid) valid.push({ parameter, modified: stored.modified, key: check.key });
    else invalid.push({ parameter, problem: check.problem });
  }
  valid.sort((a, b) => a.modified - b.modified || (a.parameter < b.parameter ? -1 : 1));
  const tooMany = valid.splice(MAX_KEYS).map(({ parameter }) => ({ parameter, problem: TOO_MANY }));
  return { keys: valid.map(({ key }) => key), invalid: [...invalid, ...tooMany] };
}

/** Also the name must be the key's. */
function checkKeyParameter(prefix: string, parameter: string, { value, secure }: StoredParameter): IssuerKeyCheck {
  if (secure) return { valid: false, problem: "must be a String: a public key is not a secret" };
  const check = checkIssuerKey(parseJson(value));
  if (!check.valid) return check;
  const expected = issuerKeyParameter(prefix, check.key.kid);
  return parameter === expected ? check : { valid: false, problem: `holds the key of ${expected}` };
}

export function rememberedKeys(fetch: FetchPath, prefix: string, clock: Clock): ReadKeys {
  let last: { readonly set: KeySet; readonly readAt: EpochMs } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  function answer(set: KeySet, cached: boolean, stale: boolean): ReadKeySet {
    if (set.keys.length > 0) return { ...set, cached, stale };
    const [broken] = set.invalid;
    const why = broken === undefined ? "it holds no parameter" : `${broken.parameter} ${broken.problem}`;
    throw new IssuerWithoutKeys(`no key below ${issuerPath(prefix)}: ${why}; publish one (irsa keys publish)`);
  }

  return async (deadline) => {
    const now = clock();
    if (last !== undefined) {
      const isFresh = now < last.readAt + (last.set.keys.length === 0 ? EMPTY_MS : FOUND_MS);
      if (isFresh) return answer(last.set, true, false);
      const isUsable = last.set.keys.length > 0 && now < last.readAt + LAST_GOOD_MS;
      if (isUsable && now < failedAt + RETRY_MS) return answer(last.set, true, true);
    }
    try {
      const set = keySetOf(prefix, await fetch(issuerPath(prefix), deadline));
      // As old as its start: a slow read that began earlier must not bring a retired key back.
      if (last === undefined || now >= last.readAt) last = { set, readAt: now };
      return answer(set, false, false);
    } catch (error) {
      if (!(error instanceof ParametersUnavailable)) throw error;
      failedAt = clock();
      if (last === undefined || last.set.keys.length === 0 || failedAt >= last.readAt + LAST_GOOD_MS) throw error;
      return answer(last.set, true, true);
    }
  };
}
