// The parameter that holds the callers' hashes, and what each entry is worth.

import { hash } from "node:crypto";
import { callersParameter, isCaller } from "../../../functions/authenticator/caller/bearer.ts";
import { isObject } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import { parseStored } from "../../../functions/lib/repeated-keys.ts";
import type { Connection } from "../../aws/connection.ts";
import { finding, usage } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import { shortName } from "../../mapping-file/parameter-name.ts";
import { findOwner, managedSentence, uncheckedSentence } from "../../parameter-store/owner.ts";
import type { Stored } from "../../parameter-store/parameter.ts";
import { readSome } from "../../parameter-store/read.ts";

export type Entries = readonly unknown[];

export interface Callers {
  readonly parameter: string;
  readonly stored: Stored | undefined;
  /** As they are stored, the invalid ones too; the function skips those. */
  readonly entries: Entries;
}

export async function readCallers({ ssm, context }: Connection, signal: AbortSignal): Promise<Callers> {
  const parameter = callersParameter(context.prefix);
  const stored = (await readSome(ssm, [parameter], signal)).get(parameter);
  if (stored?.secure) {
    throw usage(`${parameter} is a SecureString, which the function does not read: no caller is accepted. Remove it.`);
  }
  const entries = stored === undefined ? [] : parseStored(stored.value);
  if (!Array.isArray(entries)) {
    throw usage(`${parameter} is not a JSON list: no caller is accepted. Correct or remove it.`);
  }
  return { parameter, stored, entries };
}

/** The CloudFormation stack that keeps the list, if one does. Throws then, unless `force`. */
export async function stackOfCallers(
  { ssm, context }: Connection,
  force: boolean,
  io: IOStreams,
): Promise<string | undefined> {
  const parameter = callersParameter(context.prefix);
  const { stack, isKnown } = await findOwner(ssm, parameter, io.interrupted);
  if (force) return stack;
  if (!isKnown) io.tell(`${uncheckedSentence("the callers")}\n`);
  if (stack === undefined) return undefined;
  throw finding(`Nothing was written: ${managedSentence(shortName(parameter, context.prefix), stack)}`);
}

/** A change must not make an invalid entry valid, nor hide that it is there. Throws where one of `entries` is invalid. */
export function checkNeighbours(entries: Entries, isChanged: (entry: unknown) => boolean, parameter: string): void {
  const invalid = entries.flatMap((entry, index) => {
    if (isCaller(entry) || isChanged(entry)) return [];
    const name = callerName(entry);
    return name === "" ? `${index + 1}` : `${index + 1} (${name})`;
  });
  if (invalid.length === 0) return;
  throw finding(
    `Nothing was written: ${parameter} has entries that are invalid: ${invalid.join(", ")}. Remove each by its name ` +
      "(callers remove), or correct the parameter.",
  );
}

/** As the function hashes what a caller sends. */
export function callerHash(token: string): string {
  return hash("sha256", token, "hex");
}

export function callerName(entry: unknown): string {
  return isObject(entry) && typeof entry["name"] === "string" ? entry["name"] : "";
}

/** What an entry is worth now, to the function. */
export function callerState(entry: unknown, now: number): "accepted" | "ended" | "invalid" {
  if (!isCaller(entry)) return "invalid";
  return isExpired(entry.notAfter, now) ? "ended" : "accepted";
}
