// `callers list`, and the parameter that stores a cluster's callers.

import { hash } from "node:crypto";
import type { Command } from "commander";
import { callersParameter, isCaller } from "../../functions/authenticator/caller/caller.ts";
import { isObject } from "../../functions/lib/json.ts";
import { isExpired } from "../../functions/lib/not-after.ts";
import { parseStored } from "../../functions/lib/repeated-keys.ts";
import { type Connection, connect } from "../aws/connection.ts";
import type { Stored } from "../aws/parameter.ts";
import { readSome } from "../aws/read.ts";
import { destinationOf } from "../changes/destination.ts";
import { requireParameters } from "../changes/existing-cluster.ts";
import type { Plan } from "../changes/plan.ts";
import { describe } from "../command.ts";
import { finding, usage } from "../errors.ts";
import { CONNECTION, type ConnectionOptions, type ListOutputOptions, listOutput, withOptions } from "../options.ts";
import { valueText } from "../store/value.ts";
import type { IOStreams } from "../terminal/io-streams.ts";
import { printList } from "../terminal/print.ts";

export function listCommand(command: Command, io: IOStreams): Command {
  describe(command, {
    examples: ["iam-authenticator callers list --cluster prod"],
  });
  return withOptions(command, CONNECTION, listOutput()).action((options: ConnectionOptions & ListOutputOptions) =>
    list(options, io),
  );
}

async function list(options: ConnectionOptions & ListOutputOptions, io: IOStreams): Promise<void> {
  const connection = await connect(options, io);
  const { entries, known } = await readCallers(connection, io.interrupted);
  await requireParameters(known, connection, io);
  if (entries.length === 0) io.log(`No callers in ${await destinationOf(connection, new Map(), io)}.\n`);
  const items = entries.map((entry) => {
    const { sha256, arn, principalId, notAfter } = isObject(entry) ? entry : {};
    const text = (value: unknown) => (typeof value === "string" ? value : undefined);
    return {
      name: callerName(entry),
      state: callerState(entry, io.clock()),
      notAfter: text(notAfter),
      sha256: text(sha256),
      arn: text(arn),
      principalId: text(principalId),
    };
  });
  const headers = ["name", "state", "until", "sha-256 or arn"];
  const row =
    (length?: number) =>
    ({
      name,
      state,
      notAfter = "",
      sha256 = "",
      arn = sha256.slice(0, length),
      principalId,
    }: (typeof items)[number]) => {
      return [name, state, notAfter, principalId === undefined ? arn : `${arn} (${principalId})`];
    };
  await printList({ items, headers, row: row(12), wide: { headers, row: row() }, name: callerName }, options, io);
}

export type Entries = readonly unknown[];

interface Callers {
  readonly parameter: string;
  readonly stored: Stored | undefined;
  /** The stored parameter by its name, for a plan. */
  readonly known: ReadonlyMap<string, Stored>;
  /** As stored, including invalid entries, which the function skips. */
  readonly entries: Entries;
}

export async function readCallers({ ssm, context }: Connection, signal: AbortSignal): Promise<Callers> {
  const parameter = callersParameter(context.prefix);
  const known = await readSome(ssm, [parameter], signal);
  const stored = known.get(parameter);
  if (stored?.secure) {
    throw usage(`${parameter} is a SecureString, which the function does not read: no caller is accepted. Remove it.`);
  }
  const entries = stored === undefined ? [] : parseStored(stored.value);
  if (!Array.isArray(entries)) {
    throw usage(`${parameter} is not a JSON list: no caller is accepted. Correct or remove it.`);
  }
  return { parameter, stored, known, entries };
}

/** Plans to replace the list with `items`. `check` throws if these, or the list after a merge, must not be written. */
export function planCallers(
  { parameter: name, stored: before }: Callers,
  items: Entries,
  check: (items: Entries) => void,
): Plan {
  const action = before === undefined ? "add" : "change";
  return { changes: [{ action, name, before, value: valueText(name, items), check }], unchanged: 0, extra: [] };
}

/** Throws if an unchanged entry is invalid: a change must neither make it valid nor hide it. */
export function checkNeighbours(entries: Entries, parameter: string, isChanged = (_: unknown) => false): void {
  const invalid = entries.flatMap((entry, index) => {
    if (isCaller(entry) || isChanged(entry)) return [];
    const name = callerName(entry);
    return name === "" ? `${index + 1}` : `${index + 1} (${name})`;
  });
  if (invalid.length === 0) return;
  throw finding(
    `Nothing was written: ${parameter} has invalid entries: ${invalid.join(", ")}. Remove each by name ` +
      "(callers remove), or correct the parameter.",
  );
}

/** The hash that the function computes of a caller's token. */
export function callerHash(token: string): string {
  return hash("sha256", token, "hex");
}

export function callerName(entry: unknown): string {
  return isObject(entry) && typeof entry["name"] === "string" ? entry["name"] : "";
}

/** How the function treats an entry at `now`, in milliseconds since 1970. */
export function callerState(entry: unknown, now: number): "accepted" | "ended" | "invalid" {
  if (!isCaller(entry)) return "invalid";
  return isExpired(entry.notAfter, now) ? "ended" : "accepted";
}
