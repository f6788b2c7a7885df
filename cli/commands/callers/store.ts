// The parameter that holds the callers' hashes: read, and written only over what was read.

import { hash } from "node:crypto";
import { isCaller } from "../../../functions/authenticator/caller/bearer.ts";
import { callersParameter } from "../../../functions/authenticator/mapping/parameter-name.ts";
import { isObject, parseJson } from "../../../functions/lib/json.ts";
import { isExpired } from "../../../functions/lib/not-after.ts";
import type { Connection } from "../../aws/connection.ts";
import { usage } from "../../errors.ts";
import type { IOStreams } from "../../io/io-streams.ts";
import type { Stored } from "../../parameter-store/parameter.ts";
import { readSome } from "../../parameter-store/read.ts";
import { write } from "../../parameter-store/write.ts";

export interface Callers {
  readonly parameter: string;
  readonly stored: Stored | undefined;
  /** As they stand there: an entry that is invalid is kept, and skipped by the function. */
  readonly entries: readonly unknown[];
}

export async function readCallers({ ssm, context }: Connection, io: IOStreams): Promise<Callers> {
  const parameter = callersParameter(context.prefix);
  const stored = (await readSome(ssm, [parameter], io.interrupted)).get(parameter);
  if (stored?.secure) throw usage(`${parameter} is a SecureString, which the function never reads: remove it.`);
  const entries = stored === undefined ? [] : parseJson(stored.value);
  if (!Array.isArray(entries)) throw usage(`${parameter} is no JSON list: nobody can call. Mend or remove it.`);
  return { parameter, stored, entries };
}

export async function writeCallers(
  { parameter, stored }: Callers,
  entries: readonly unknown[],
  { ssm }: Connection,
  io: IOStreams,
): Promise<void> {
  await write(ssm, { name: parameter, before: stored, value: JSON.stringify(entries) }, io.interrupted);
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
