// Is this our kube-apiserver? By a random bearer token, of which AWS holds only the SHA-256.

import { hash, timingSafeEqual } from "node:crypto";
import { CallerRefused, CallersInvalid } from "../../errors.ts";
import type { Deadline } from "../../lib/deadline.ts";
import { isObject } from "../../lib/json.ts";
import { isExpired, notAfterTime } from "../../lib/not-after.ts";
import { parseStored, repeatedKey } from "../../lib/repeated-keys.ts";
import { oncePerRead } from "../../parameters/once-per-read.ts";
import type { ReadParameters } from "../../parameters/parameter-cache.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";

/** One entry of the callers' list. */
export interface Caller {
  readonly name: string;
  readonly sha256: string;
  readonly notAfter?: string;
}

const KEYS = ["name", "sha256", "notAfter"];

/** The list of callers, with the hashes of their tokens. */
export function callersParameter(prefix: string): string {
  return `${prefix}/callers`;
}

/** Throws `CallerRefused`, or a `Fault` when the list of callers cannot be read: that is ours to fix. */
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
  // Every entry is compared, whether or not one has matched already.
  const accepted = callers.filter(
    ({ sha256, notAfter }) => timingSafeEqual(sha256, digest) && !isExpired(notAfter, now),
  );
  if (accepted.length === 0) throw new CallerRefused("the bearer token is not in the list of callers");
}

interface ReadCallers {
  /** `undefined` where the parameter is no list. */
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
    throw new CallersInvalid(`parameter ${parameter} does not exist: nobody may call until it lists a caller`);
  const { callers } = readCallers(stored);
  if (callers === undefined) throw new CallersInvalid(`parameter ${parameter} must be a JSON list, of type String`);
  return callers;
}

/** An entry that is invalid is skipped, so that a typo in a new one does not lock the old ones out. */
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
