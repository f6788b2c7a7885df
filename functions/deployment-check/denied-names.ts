// Finds denials by name. Where AWS-signed tokens are accepted, each denies all of them for every role: they contain no session.

import { readName } from "../authenticator/mapping/parameter-name.ts";
import { readStored } from "../authenticator/read-stored.ts";
import type { EpochMs } from "../lib/deadline.ts";
import { memberAt } from "../lib/json.ts";
import { isExpired } from "../lib/time.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";

/** Whether a version accepts AWS-signed tokens, by its answer to the check. */
export function acceptsSignedTokens(answer: unknown): boolean {
  return memberAt(answer, "signedTokens") === true;
}

/** Returns a line for each name in a deny list that has not ended. */
export function deniedNames(
  prefix: string,
  [name, stored]: readonly [string, StoredParameter],
  now: EpochMs,
): string[] {
  const { kind, account } = readName(prefix, name) ?? {};
  if (kind !== "deny" || account === undefined) return [];
  return readStored(kind, { account }, stored).entries.flatMap(({ value, problem }) => {
    if (problem !== undefined || !("name" in value) || isExpired(value.notAfter, now)) return [];
    const list = name.slice(prefix.length + 1);
    return `${list}: the denial of ${value.name} denies all AWS-signed tokens of every role, which contain no session`;
  });
}
