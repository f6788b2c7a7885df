// Reads the entries of a parameter, once for each read of it, with the principals that each entry names.

import { isObject } from "../../lib/json.ts";
import { valuesOf } from "../../lib/repeated-keys.ts";
import { oncePerRead } from "../../parameters/once-per-read.ts";
import { readStored, type StoredValue } from "../read-stored.ts";
import { parseMappedArn } from "./arn.ts";
import { arnPattern } from "./arn-like.ts";
import { type DenyScope, withoutPath } from "./deny-list.ts";
import type { Mapping } from "./mapping.ts";
import type { ParameterKind } from "./read-name.ts";

export type ReadEntry = ReturnType<typeof readEntries>["entries"][number];

/** Can cache by parameter, since its name contains the kind and the account. */
export const readEntries = oncePerRead((stored, kind: ParameterKind, scope: DenyScope) => {
  const read: StoredValue<Mapping> = readStored(kind, scope, stored);
  return { ...read, entries: read.entries.map((entry) => ({ ...entry, ...principalsOf(entry.value, kind) })) };
});

/** The `arn`, `arnLike` and `session` of an entry, even if the rest is invalid. Several if the key is repeated. */
function principalsOf(value: unknown, kind: ParameterKind) {
  const own = isObject(value) ? value : {};
  const textsOf = (key: string) => valuesOf(own, key).filter((text) => typeof text === "string");
  return {
    arns: textsOf("arn").flatMap((arn) => parseMappedArn(arn) ?? []),
    arnLikes: textsOf("arnLike")
      .map((arnLike) => arnPattern(kind === "deny" ? withoutPath(arnLike) : arnLike))
      .filter((pattern) => pattern !== undefined),
    sessions: textsOf("session"),
  };
}
