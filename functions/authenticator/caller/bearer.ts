// Authenticates kube-apiserver by its bearer token: AWS stores the token's SHA-256, or an IAM
// principal that signs it.

import { hash, timingSafeEqual } from "node:crypto";
import { fault, httpError } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { isExpired } from "../../lib/time.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import { oncePerRead, type StoredParameter } from "../../parameters/stored-parameter.ts";
import { type MappedArn, parseMappedArn } from "../mapping/arn.ts";
import { readStored } from "../read-stored.ts";
import { hasTokenPrefix } from "../token/token.ts";

/** The principal of a valid entry. */
export interface CallerPrincipal {
  readonly arn: MappedArn;
  readonly principalId?: string;
  readonly notAfter?: string;
}

/** A bearer token that none of the hashes matches. The principals can have signed it. */
export interface UnprovenBearer {
  readonly token: string;
  /** SHA-256 of the token, in hex. */
  readonly hash: string;
  /** At least one. None is expired. */
  readonly principals: readonly CallerPrincipal[];
}

/**
 * Returns `undefined` for an accepted token, or the token if only STS can prove it. Throws
 * `caller_refused`, or a fault if the list of callers cannot be read.
 */
export async function checkBearer(
  authorization: string | undefined,
  parameter: string,
  read: ReadParameters,
  deadline: Deadline,
): Promise<UnprovenBearer | undefined> {
  // https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) throw httpError("caller_refused", "a bearer token is required");
  const { parameters } = await read([parameter], deadline);
  const callers = callersIn(parameters.get(parameter), parameter);
  const now = deadline.clock();
  const digest = hash("sha256", token);
  const bytes = Buffer.from(digest);
  // Compares every entry, so that the time does not depend on which one matches.
  const accepted = callers.hashes.filter(
    ({ sha256, notAfter }) => timingSafeEqual(sha256, bytes) && !isExpired(notAfter, now),
  );
  if (accepted.length > 0) return undefined;
  const principals = callers.principals.filter(({ notAfter }) => !isExpired(notAfter, now));
  if (principals.length > 0 && hasTokenPrefix(token)) return { token, hash: digest, principals };
  throw httpError("caller_refused", "the bearer token is not in the list of callers");
}

const readCallers = oncePerRead((stored) => {
  const { isReadable, entries } = readStored("callers", {}, stored);
  // Invalid entries are skipped, so that a typo in a new entry does not lock out the other callers.
  const callers = entries.flatMap((entry) => (entry.problem === undefined ? entry.value : []));
  const hashes = callers.flatMap((caller) =>
    "sha256" in caller ? { sha256: Buffer.from(caller.sha256), notAfter: caller.notAfter } : [],
  );
  const principals = callers.flatMap((caller): CallerPrincipal[] => {
    const arn = "arn" in caller ? parseMappedArn(caller.arn) : undefined;
    return arn === undefined ? [] : [{ ...caller, arn }];
  });
  return { isReadable, hashes, principals };
});

function callersIn(
  stored: StoredParameter | undefined,
  parameter: string,
): ReturnType<typeof readCallers> {
  if (stored === undefined)
    throw fault(
      "callers_invalid",
      `parameter ${parameter} does not exist: add a caller (callers add)`,
    );
  const callers = readCallers(stored);
  if (!callers.isReadable)
    throw fault(
      "callers_invalid",
      `parameter ${parameter} must be of type String and hold a JSON list`,
    );
  return callers;
}
