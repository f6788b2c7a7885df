// Parses and checks the value of a mapping's parameter, once for each read of the parameter.

import { isObject } from "../../lib/json.ts";
import { parseStored, valuesOf } from "../../lib/repeated-keys.ts";
import { oncePerRead } from "../../parameters/once-per-read.ts";
import type { StoredParameter } from "../../parameters/stored-parameter.ts";
import { type MappedArn, parseMappedArn } from "./arn.ts";
import { type ArnSections, arnPattern } from "./arn-like.ts";
import { checkMapping, type ListKind, type MappingCheck, type MappingKind } from "./mapping.ts";

export interface ReadMapping {
  readonly check: MappingCheck;
  /** Its `arn`, `arnLike` and `session`, even if the rest is invalid. Several if the key is repeated. */
  readonly arns: readonly MappedArn[];
  readonly arnLikes: readonly ArnSections[];
  readonly sessions: readonly string[];
}

export interface ReadMappingList {
  readonly entries: readonly ReadMapping[];
  readonly invalidCount: number;
}

export interface Unreadable {
  /** A phrase for an operator. */
  readonly problem: string;
}

type OwnParameterKind = Exclude<MappingKind, ListKind>;

/** Can cache by parameter, since its name contains the kind. */
export const readMapping = oncePerRead((stored, kind: OwnParameterKind): ReadMapping | Unreadable => {
  const parsed = parse(stored);
  return "problem" in parsed ? parsed : readValue(parsed.value, kind);
});

export const readMappingList = oncePerRead((stored, kind: ListKind): ReadMappingList | Unreadable => {
  const parsed = parse(stored);
  if ("problem" in parsed) return parsed;
  if (!Array.isArray(parsed.value)) return { problem: "not a JSON list" };
  const entries = parsed.value.map((entry) => readValue(entry, kind));
  return { entries, invalidCount: entries.filter(({ check }) => !check.valid).length };
});

function parse({ value: text, secure }: StoredParameter): { readonly value: unknown } | Unreadable {
  if (secure) return { problem: "a SecureString: it must be of type String" };
  const value = parseStored(text);
  return value === undefined ? { problem: "not JSON" } : { value };
}

function readValue(value: unknown, kind: MappingKind): ReadMapping {
  const own = isObject(value) ? value : {};
  const textsOf = (key: string) => valuesOf(own, key).filter((text) => typeof text === "string");
  return {
    check: checkMapping(value, kind),
    arns: textsOf("arn").flatMap((arn) => parseMappedArn(arn) ?? []),
    arnLikes: textsOf("arnLike")
      .map(arnPattern)
      .filter((pattern) => pattern !== undefined),
    sessions: textsOf("session"),
  };
}
