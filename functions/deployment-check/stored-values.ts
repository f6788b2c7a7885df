// Reads all stored parameters, and finds those that the new version reads differently from the live
// one.

import { readName } from "../authenticator/mapping/parameter-name.ts";
import {
  type NamedParameter,
  readNamed,
  type StoredValue,
  validityOf,
} from "../authenticator/read-stored.ts";
import type { Clock } from "../lib/deadline.ts";
import { memberAt } from "../lib/json.ts";
import { callersParameter } from "../parameters/names.ts";
import type { StoredParameter } from "../parameters/stored-parameter.ts";
import { bodyOf } from "./known-answers.ts";

/** Sends an event to the live version and returns its answer. Throws if its code fails. */
export type AskLive = (event: object) => Promise<unknown>;

/**
 * Returns a line for each parameter that the versions read differently. Throws if the live version
 * fails.
 */
export async function changedReadings(
  parameters: Page["parameters"],
  prefix: string,
  partition: string,
  askLive: AskLive,
): Promise<string[]> {
  const named = parameters.flatMap(([name, stored]): Named[] => {
    const address = name === callersParameter(prefix) ? CALLERS : readName(prefix, name);
    if (address === undefined) return [];
    const { kind, account } = address;
    return [{ name: name.slice(prefix.length + 1), parameter: { kind, account, ...stored } }];
  });
  if (named.length === 0) return [];
  const live = await liveValidity(
    named.map(({ parameter }) => parameter),
    askLive,
  );
  return named.flatMap(({ name, parameter }, index) => {
    const before = live[index];
    const read = readNamed(parameter, partition);
    // This version would apply a value of a new kind at once. Only an empty list changes nothing.
    if (JSON.stringify(before ?? []) === JSON.stringify(validityOf(read))) return [];
    return `${name}: ${before === null ? unknownKind(parameter) : difference(before, read)}`;
  });
}

const CALLERS = { kind: "callers", account: "" };

interface Named {
  /** The parameter's name without the prefix. */
  readonly name: string;
  readonly parameter: NamedParameter;
}

/** Returns the live version's `validityOf` for each parameter. */
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

/** Returns the line's text. `before`: the live version's validity. */
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

interface StoreReader {
  /** One call of GetParametersByPath, which retries after throttling and outages. */
  readonly readPage: (next: string | undefined) => Promise<Page>;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** Lambda accepts 6 MB per invocation. */
const MAX_BATCH_BYTES = 1_000_000;

/** Joins pages until their values have about 1 MB, so that one invocation reads many of them. */
export async function* batchesOf(
  pages: AsyncIterable<Page["parameters"]>,
): AsyncGenerator<Page["parameters"]> {
  let batch: Page["parameters"][number][] = [];
  let bytes = 0;
  for await (const page of pages) {
    batch.push(...page);
    bytes += page.reduce((sum, [, { value }]) => sum + value.length, 0);
    if (bytes < MAX_BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** Half of an account's default 40 reads per second: 100,000 mappings take 500 s. */
const PAGE_MS = 50;

/**
 * Returns all pages. Throws if one cannot be read. Waits between the starts of two reads, so that
 * the time of a read and of its comparison is part of the pace.
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
