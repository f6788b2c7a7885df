// Reads and caches the issuer's valid keys. While Parameter Store fails, the last good keys are
// served.

import { fault, hasCode } from "../errors.ts";
import { agesBy, type Moment } from "../lib/age.ts";
import { type Checked, invalid } from "../lib/checked.ts";
import type { Clock, Deadline, EpochMs } from "../lib/deadline.ts";
import { parseJson } from "../lib/json.ts";
import { issuerKeyParameter, issuerPath } from "../parameters/names.ts";
import type { FetchPath } from "../parameters/parameter-store.ts";
import type { DatedParameter, StoredParameter } from "../parameters/stored-parameter.ts";
import { checkIssuerKey, type IssuerKey } from "./key.ts";

interface IssuerKeySet {
  readonly keys: readonly IssuerKey[];
  /** Parameters that are not served, with their problems. */
  readonly invalid: readonly { readonly parameter: string; readonly problem: string }[];
}

export interface ReadKeySet extends IssuerKeySet {
  /** Whether the keys come from the cache, also after a failure of Parameter Store. */
  readonly cached: boolean;
  /** Whether Parameter Store failed after the keys were read. */
  readonly stale: boolean;
}

/** Returns at least one key. Throws `parameters_unavailable` or `issuer_without_keys`. */
export type ReadKeys = (deadline: Deadline) => Promise<ReadKeySet>;

/** The size of one page of GetParametersByPath. */
export const MAX_KEYS = 10;
const TOO_MANY = `is not served: the issuer serves the ${MAX_KEYS} keys that were published first. Retire old keys (irsa keys retire)`;

const FOUND_MS = 30_000;
/** How long an empty result is cached. */
const EMPTY_MS = 10_000;
/** Serves cached keys for a day, the default lifetime of a token. */
const LAST_GOOD_MS = 24 * 3_600_000;
/** After a failure, Parameter Store is not read for each document: STS waits at most 5 s. */
const RETRY_MS = 5_000;

/**
 * Keeps the oldest `MAX_KEYS` valid keys, so that one key too many does not replace a key that is
 * served.
 */
export function keySetOf(
  prefix: string,
  parameters: ReadonlyMap<string, DatedParameter>,
): IssuerKeySet {
  const valid: { parameter: string; modified: EpochMs; key: IssuerKey }[] = [];
  const rejected: { parameter: string; problem: string }[] = [];
  for (const [parameter, stored] of parameters) {
    const check = checkKeyParameter(prefix, parameter, stored);
    if (check.valid) valid.push({ parameter, modified: stored.modified, key: check.value });
    else rejected.push({ parameter, problem: check.problem });
  }
  valid.sort((a, b) => a.modified - b.modified || (a.parameter < b.parameter ? -1 : 1));
  const tooMany = valid.splice(MAX_KEYS).map(({ parameter }) => ({ parameter, problem: TOO_MANY }));
  return { keys: valid.map(({ key }) => key), invalid: [...rejected, ...tooMany] };
}

/** Checks the key in a parameter, whose name must also match it. */
function checkKeyParameter(
  prefix: string,
  parameter: string,
  { value, secure }: StoredParameter,
): Checked<IssuerKey> {
  if (secure) return invalid("must be of type String: a public key is not a secret");
  const check = checkIssuerKey(parseJson(value));
  if (!check.valid) return check;
  const expected = issuerKeyParameter(prefix, check.value.kid);
  return parameter === expected ? check : invalid(`holds the key of ${expected}`);
}

export function cachedIssuerKeys(fetch: FetchPath, prefix: string, clock: Clock): ReadKeys {
  const ages = agesBy(clock);
  let last: { readonly set: IssuerKeySet; readonly readAt: Moment } | undefined;
  let failedAt: Moment | undefined;

  function answer(set: IssuerKeySet, cached: boolean, stale: boolean): ReadKeySet {
    if (set.keys.length > 0) return { ...set, cached, stale };
    const [broken] = set.invalid;
    const why =
      broken === undefined ? "there is no parameter" : `${broken.parameter} ${broken.problem}`;
    throw fault(
      "issuer_without_keys",
      `no key below ${issuerPath(prefix)}: ${why}; publish one (irsa keys publish)`,
    );
  }

  function isServable({
    set,
    readAt,
  }: {
    readonly set: IssuerKeySet;
    readonly readAt: Moment;
  }): boolean {
    return set.keys.length > 0 && ages.isUsable(readAt, LAST_GOOD_MS);
  }

  /**
   * Returns the cached keys if Parameter Store need not be read, otherwise `undefined`. Throws
   * `issuer_without_keys`.
   */
  function cachedAnswer(): ReadKeySet | undefined {
    if (last === undefined) return undefined;
    const freshMs = last.set.keys.length === 0 ? EMPTY_MS : FOUND_MS;
    if (ages.isFresh(last.readAt, freshMs)) return answer(last.set, true, false);
    const hasJustFailed = failedAt !== undefined && ages.isFresh(failedAt, RETRY_MS);
    return hasJustFailed && isServable(last) ? answer(last.set, true, true) : undefined;
  }

  return async (deadline) => {
    const readAt = ages.now();
    const cached = cachedAnswer();
    if (cached !== undefined) return cached;
    try {
      const set = keySetOf(prefix, await fetch(issuerPath(prefix), deadline));
      // Dated by its start: a slow read that started earlier must not restore a retired key.
      if (last === undefined || readAt.elapsedMs >= last.readAt.elapsedMs) last = { set, readAt };
      return answer(set, false, false);
    } catch (error) {
      if (!hasCode(error, "parameters_unavailable")) throw error;
      failedAt = ages.now();
      if (last === undefined || !isServable(last)) throw error;
      return answer(last.set, true, true);
    }
  };
}
