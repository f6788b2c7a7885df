// Authenticates kube-apiserver by a random bearer token. AWS stores only its SHA-256.

import { hash, timingSafeEqual } from "node:crypto";
import { CallerRefused, CallersInvalid } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { isObject } from "../../lib/json.ts";
import { isExpired, notAfterTime } from "../../lib/not-after.ts";
import { parseStored, repeatedKey } from "../../lib/repeated-keys.ts";
import { oncePerRead } from "../../parameters/once-per-read.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";

/** One entry of the list of callers. */
export interface Caller {
  readonly name: string;
  readonly sha256: string;
  readonly notAfter?: string;
}

const KEYS = ["name", "sha256", "notAfter"];

/** Name of the parameter that lists the callers and the hashes of their tokens. */
export function callersParameter(prefix: string): string {
  return `${prefix}/callers`;
}

/** Throws `CallerRefused`, or a `Fault` when the list of callers cannot be read. */
export async function checkBearer(
  authorization: string | undefined,
  parameter: string,
  read: ReadParameters,
  deadline: Deadline,
): Promise<void> {
  // https://www.rfc-editor.org/rfc/rfc6750#section-2.1
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? "") ?? [];
  if (token === undefined) throw new CallerRefused("a bearer token is required");
  const { parameters } = await read([parameter], deadline);
  const callers = callersIn(parameters.get(parameter), parameter);
  const now = deadline.clock();
  const digest = Buffer.from(hash("sha256", token));
  // Compares every entry, so that the time does not depend on which one matches.
  const accepted = callers.filter(
    ({ sha256, notAfter }) => timingSafeEqual(sha256, digest) && !isExpired(notAfter, now),
  );
  if (accepted.length === 0) throw new CallerRefused("the bearer token is not in the list of callers");
}

interface ReadCallers {
  /** `undefined` if the parameter is not a list. */
  readonly callers: readonly { readonly sha256: Buffer; readonly notAfter: string | undefined }[] | undefined;
}

const readCallers = oncePerRead(({ value, secure }): ReadCallers => {
  const list = secure ? undefined : parseStored(value);
  if (!Array.isArray(list)) return { callers: undefined };
  const valid = list.filter(isCaller);
  return { callers: valid.map(({ sha256, notAfter }) => ({ sha256: Buffer.from(sha256), notAfter })) };
});

function callersIn(stored: StoredParameter | undefined, parameter: string): NonNullable<ReadCallers["callers"]> {
  if (stored === undefined)
    throw new CallersInvalid(`parameter ${parameter} does not exist: add a caller (callers add)`);
  const { callers } = readCallers(stored);
  if (callers === undefined)
    throw new CallersInvalid(`parameter ${parameter} must be of type String and hold a JSON list`);
  return callers;
}

/** Invalid entries are skipped, so that a typo in a new entry does not lock out the other callers. */
export function isCaller(entry: unknown): entry is Caller {
  if (!isObject(entry) || repeatedKey(entry) !== undefined) return false;
  if (Object.keys(entry).some((key) => !KEYS.includes(key))) return false;
  const { name, sha256, notAfter } = entry;
  return (
    typeof name === "string" &&
    name !== "" &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    (notAfter === undefined || (typeof notAfter === "string" && notAfterTime(notAfter) !== undefined))
  );
}
