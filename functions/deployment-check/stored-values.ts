// Reads all stored parameters, and finds those that the new version reads differently from the live
// one.

import { callersParameter } from "../authenticator/caller/caller.ts";
import { readName } from "../authenticator/mapping/parameter-name.ts";
import {
  type NamedParameter,
  readNamed,
  type StoredValue,
  validityOf,
} from "../authenticator/read-stored.ts";
import type { Clock } from "../lib/deadline.ts";
import { memberAt } from "../lib/json.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { bodyOf } from "./known-answers.ts";

export interface Store {
  readonly prefix: string;
  /** The function's partition. */
  readonly partition: string;
  /** Pages of all parameters below the prefix, with their names. Throws if they cannot be read. */
  readonly pages: AsyncIterable<readonly (readonly [string, StoredParameter])[]>;
}

/** Sends an event to the live version and returns its answer. Throws if its code fails. */
export type AskLive = (event: object) => Promise<unknown>;

/** Lambda accepts 6 MB per invocation. */
const MAX_BATCH_BYTES = 1_000_000;

/**
 * One line for each parameter that the versions read differently. Throws if the store or the live
 * version fails.
 */
export async function changedReadings(
  { prefix, partition, pages }: Store,
  askLive: AskLive,
): Promise<string[]> {
  const found: string[] = [];
  let batch: Named[] = [];
  let bytes = 0;
  const compareBatch = async () => {
    if (batch.length > 0) found.push(...(await compared(batch, partition, askLive)));
    [batch, bytes] = [[], 0];
  };
  for await (const page of pages) {
    for (const [name, stored] of page) {
      const address = name === callersParameter(prefix) ? CALLERS : readName(prefix, name);
      if (address === undefined) continue;
      const { kind, account } = address;
      batch.push({ name: name.slice(prefix.length + 1), parameter: { kind, account, ...stored } });
      bytes += stored.value.length;
    }
    if (bytes >= MAX_BATCH_BYTES) await compareBatch();
  }
  await compareBatch();
  return found;
}

const CALLERS = { kind: "callers", account: "" };

interface Named {
  readonly name: string;
  readonly parameter: NamedParameter;
}

async function compared(
  batch: readonly Named[],
  partition: string,
  askLive: AskLive,
): Promise<string[]> {
  const live = await liveValidity(
    batch.map(({ parameter }) => parameter),
    askLive,
  );
  return batch.flatMap(({ name, parameter }, index) => {
    const before = live[index];
    const read = readNamed(parameter, partition);
    // This version would apply a value of a new kind at once. Only an empty list changes nothing.
    if (JSON.stringify(before ?? []) === JSON.stringify(validityOf(read))) return [];
    return `${name}: ${before === null ? unknownKind(parameter) : difference(before, read)}`;
  });
}

async function liveValidity(
  parameters: readonly NamedParameter[],
  askLive: AskLive,
): Promise<unknown[]> {
  const answer = await askLive({ storedParameters: parameters }).catch((error: unknown) => error);
  const validity = memberAt(bodyOf(answer), "validity");
  if (Array.isArray(validity) && validity.length === parameters.length) return validity;
  const why = answer instanceof Error ? answer.message : "its answer has none";
  throw new Error(`the live version does not report how it reads stored values (${why}). ${SKIP}`);
}

const SKIP =
  "Deploy again, or skip this comparison for one deployment: compareStoredValues: false (CDK), or SafeDeployments=false (templates)";

function unknownKind({ kind }: NamedParameter): string {
  return `the live version does not know ${kind}: delete the value, or store [], and store it again after the deployment`;
}

/** `before`: the live version's validity. */
function difference(before: unknown, read: StoredValue<object> | undefined): string {
  const live = "the live version reads it differently";
  if (read?.isReadable === false) return `${live}: for this version it is ${read.problems.join()}`;
  const entries = (read?.entries ?? []).flatMap(({ problem }, index) => {
    const was = Array.isArray(before) && before[index] === true;
    if (was === (problem === undefined)) return [];
    return `entry ${index + 1} is ${problem === undefined ? "valid" : `invalid: ${problem}`}`;
  });
  return `${live}: for this version ${entries.join("; ")}`;
}

export interface Page {
  readonly parameters: readonly (readonly [string, StoredParameter])[];
  readonly next: string | undefined;
}

export interface StoreReader {
  /** One call of GetParametersByPath, which retries after throttling and outages. */
  readonly readPage: (next: string | undefined) => Promise<Page>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** Half of an account's default 40 reads per second: 100,000 mappings take 500 s. */
const PAGE_MS = 50;

/**
 * Waits between the starts of two reads, so that the time of a read and of its comparison is part
 * of the pace.
 */
export async function* readStore({
  readPage,
  clock,
  sleep,
}: StoreReader): AsyncGenerator<Page["parameters"]> {
  let next: string | undefined;
  do {
    const dueAt = clock() + PAGE_MS;
    const page = await readPage(next);
    yield page.parameters;
    next = page.next;
    if (next !== undefined) await sleep(Math.max(0, dueAt - clock()));
  } while (next !== undefined);
}
