// One entry of the list of callers: the SHA-256 of a secret token, or an IAM principal.

import { isObject, repeatedKey } from "../../lib/json.ts";
import { notAfterTime } from "../../lib/time.ts";
import { parseMappedArn } from "../mapping/arn.ts";
import { principalIdProblem } from "../mapping/mapping.ts";

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

const KEYS = {
  token: ["name", "sha256", "notAfter"],
  iam: ["name", "arn", "principalId", "notAfter"],
};

/** Returns whether a list entry from `parseStored` is a valid caller. */
export function isCaller(entry: unknown): entry is Caller {
  if (!isObject(entry) || repeatedKey(entry) !== undefined) return false;
  const { name, sha256, arn, principalId, notAfter } = entry;
  const keys = arn === undefined ? KEYS.token : KEYS.iam;
  if (Object.keys(entry).some((key) => !keys.includes(key))) return false;
  if (typeof name !== "string" || name === "") return false;
  if (
    notAfter !== undefined &&
    (typeof notAfter !== "string" || notAfterTime(notAfter) === undefined)
  )
    return false;
  if (arn === undefined) return typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
  const kind = typeof arn === "string" ? parseMappedArn(arn)?.kind : undefined;
  return (
    (kind === "role" || kind === "user") && principalIdProblem(principalId, kind) === undefined
  );
}
