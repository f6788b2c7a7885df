// Authenticates kube-apiserver by its bearer token: AWS stores the token's SHA-256, or an IAM principal that signs it.

import { hash, timingSafeEqual } from "node:crypto";
import { fault, httpError } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { isObject } from "../../lib/json.ts";
import { isExpired, notAfterTime } from "../../lib/not-after.ts";
import { parseStored, repeatedKey } from "../../lib/repeated-keys.ts";
import { oncePerRead } from "../../parameters/once-per-read.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";
import { type MappedArn, parseMappedArn } from "../mapping/arn.ts";
import { principalIdProblem } from "../mapping/mapping.ts";
import { hasTokenPrefix } from "../token/token.ts";

/** One entry of the list of callers. */
export type Caller = TokenCaller | IamCaller;

/** A caller that sends a secret token. */
export interface TokenCaller {
  readonly name: string;
  /** SHA-256 of the token: 64 lower-case hex digits. */
  readonly sha256: string;
  /** RFC 3339, in UTC. From that instant, the caller is refused. */
  readonly notAfter?: string;
}

/** A caller that signs short-lived tokens as an IAM role or user, for `<cluster id>:caller`. */
export interface IamCaller {
  readonly name: string;
  /** ARN of the role or user. A path is ignored. */
  readonly arn: string;
  /** Unique id of the role or user: another one of the same name is refused. */
  readonly principalId?: string;
  /** RFC 3339, in UTC. From that instant, the caller is refused. */
  readonly notAfter?: string;
}

/** What an entry must be, as a phrase for an operator. */
export const CALLER_RULE =
  "must have a name, and either its token's sha256 (64 lower-case hex digits) or the arn of its IAM role or user";

/** The principal of a valid entry. */
export interface CallerPrincipal {
  readonly arn: MappedArn;
  readonly principalId: string | undefined;
  readonly notAfter: string | undefined;
}

/** A bearer token that none of the hashes matches. The principals can have signed it. */
export interface UnprovenBearer {
  readonly token: string;
  /** SHA-256 of the token, in hex. */
  readonly hash: string;
  /** At least one. None is expired. */
  readonly principals: readonly CallerPrincipal[];
}

/** Name of the parameter that lists the callers. */
export function callersParameter(prefix: string): string {
  return `${prefix}/callers`;
}

/**
 * Returns `undefined` for an accepted token, or the token if only STS can prove it. Throws `caller_refused`, or a fault if
 * the list of callers cannot be read.
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

interface ReadCallers {
  readonly hashes: readonly CallerHash[];
  readonly principals: readonly CallerPrincipal[];
}

interface CallerHash {
  readonly sha256: Buffer;
  readonly notAfter: string | undefined;
}

const readCallers = oncePerRead(({ value, secure }): { readonly callers: ReadCallers | undefined } => {
  const list = secure ? undefined : parseStored(value);
  if (!Array.isArray(list)) return { callers: undefined };
  const hashes: CallerHash[] = [];
  const principals: CallerPrincipal[] = [];
  // Invalid entries are skipped, so that a typo in a new entry does not lock out the other callers.
  for (const caller of list.filter(isCaller)) {
    const { notAfter } = caller;
    if ("sha256" in caller) {
      hashes.push({ sha256: Buffer.from(caller.sha256), notAfter });
    } else {
      const arn = parseMappedArn(caller.arn);
      if (arn !== undefined) principals.push({ arn, principalId: caller.principalId, notAfter });
    }
  }
  return { callers: { hashes, principals } };
});

function callersIn(stored: StoredParameter | undefined, parameter: string): ReadCallers {
  if (stored === undefined)
    throw fault("callers_invalid", `parameter ${parameter} does not exist: add a caller (callers add)`);
  const { callers } = readCallers(stored);
  if (callers === undefined)
    throw fault("callers_invalid", `parameter ${parameter} must be of type String and hold a JSON list`);
  return callers;
}

const KEYS = { token: ["name", "sha256", "notAfter"], iam: ["name", "arn", "principalId", "notAfter"] };

/** `entry` is a list entry from `parseStored`. */
export function isCaller(entry: unknown): entry is Caller {
  if (!isObject(entry) || repeatedKey(entry) !== undefined) return false;
  const { name, sha256, arn, principalId, notAfter } = entry;
  const keys = arn === undefined ? KEYS.token : KEYS.iam;
  if (Object.keys(entry).some((key) => !keys.includes(key))) return false;
  if (typeof name !== "string" || name === "") return false;
  if (notAfter !== undefined && (typeof notAfter !== "string" || notAfterTime(notAfter) === undefined)) return false;
  if (arn === undefined) return typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
  const kind = typeof arn === "string" ? parseMappedArn(arn)?.kind : undefined;
  return (kind === "role" || kind === "user") && principalIdProblem(principalId, kind) === undefined;
}
