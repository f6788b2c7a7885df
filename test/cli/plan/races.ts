// Writes a parameter in a local store while another operator writes it right before a chosen request.

import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  DeleteParameterCommand,
  PutParameterCommand,
  type PutParameterCommandInput,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { readHistory } from "../../../cli/aws/parameter-store.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { UNINTERRUPTED, writeList, writeValue } from "../../../cli/plan/write-parameter.ts";
import { type LocalCluster, PREFIX } from "../commands/mappings/cluster.ts";

export const NAME = `${PREFIX}/callers`;

/** `a b1`: entries a and b, of which b has another value. */
const listOf = (text: string) =>
  text.split(" ").flatMap((one) => (one === "" ? [] : [{ name: one[0], value: Number(one[1] ?? 0) }]));
export const raw = (list: string) => JSON.stringify(listOf(list));
const textOf = (value: string) =>
  JSON.parse(value)
    .map(({ name, value: number }: { name: string; value: number }) => `${name}${number || ""}`)
    .join(" ");

const CALLS: Readonly<Record<string, string>> = {
  GetParametersCommand: "G",
  ListTagsForResourceCommand: "T",
  PutParameterCommand: "P",
  DeleteParameterCommand: "D",
  GetParameterHistoryCommand: "H",
};

/** An attempt of this command whose response is lost, and a loss of all its responses. */
export const OWN = Symbol("own");
export const LOST = Symbol("lost");
/** What another operator stores: raw text, or a list that is written over the version that they read. */
type Theirs = string | { readonly list: string; readonly over: number } | typeof OWN | typeof LOST;
/** Before which request of this one: G1 is its first GetParameters, P1 its first PutParameter. */
type Race = Readonly<Record<string, readonly Theirs[] | (() => unknown)>>;

interface Run {
  /** `undefined`: the parameter is new. */
  readonly before?: string;
  /** `undefined`: it is removed. */
  readonly mine?: string;
  /** Its entries are not merged. */
  readonly isWhole?: true;
  readonly race?: Race;
  readonly tags?: Readonly<Record<string, string>>;
  readonly check?: (merged: string, theirs: string) => void;
  readonly interrupted?: AbortSignal;
}

/** The result, the stored list with its description, and the requests. */
type Outcome = readonly [result: string, list: string, calls: string];
export type Row = readonly [what: string, scenario: Run, ...gives: Outcome];

export async function run({ store }: LocalCluster, scenario: Run): Promise<Outcome> {
  const { before, mine, isWhole, race = {}, tags, ...more } = scenario;
  const { check = () => {}, interrupted = UNINTERRUPTED } = more;
  const pause = mock.method(Math, "random", () => 0);
  const [own, other] = [1, 2].map(() => new SSMClient({ endpoint: store.url })) as [SSMClient, SSMClient];
  const act = async (theirs: Theirs, input: object) => {
    if (theirs === LOST) throw new Error("the response was lost");
    if (theirs === OWN) {
      const own = input as PutParameterCommandInput;
      return own.Value === undefined
        ? other.send(new DeleteParameterCommand(own))
        : other.send(new PutParameterCommand(own));
    }
    if (typeof theirs === "string") return store.put(NAME, theirs);
    const Description = `Written over version ${theirs.over}`;
    return other.send(new PutParameterCommand({ Name: NAME, Value: raw(theirs.list), Description, Overwrite: true }));
  };
  const calls: string[] = [];
  own.middlewareStack.add((next, { commandName = "" }) => async (call) => {
    const kind = CALLS[commandName] ?? commandName;
    calls.push(kind);
    const theirs = race[`${kind}${calls.filter((one) => one === kind).length}`] ?? [];
    if (typeof theirs === "function") theirs();
    else for (const one of theirs) await act(one, call.input);
    return next(call);
  });
  if (before !== undefined) store.put(NAME, raw(before), tags ? { tags } : {});
  const stored = { name: NAME, value: raw(before ?? ""), version: 1, secure: false, modified: 0 };
  const change: Change = {
    ...{ action: "change", name: NAME, before: before === undefined ? undefined : stored },
    value: mine === undefined ? undefined : raw(mine),
  };
  const write = isWhole ? writeValue(own, change, interrupted) : writeList(own, "name", change, check, interrupted);
  try {
    const end = await write.then(
      (written) => (written?.isMerged ? "merged" : mine === undefined ? "removed" : "written"),
      (error: Error) => error,
    );
    const [newest] = await readHistory(other, NAME, UNINTERRUPTED);
    const { value, description, version } = newest ?? { value: "", description: "", version: "" };
    const reads = calls.filter((one) => one === "G").length;
    if (!isWhole && !interrupted.aborted) assert.equal(pause.mock.callCount(), reads - 1, "it pauses between attempts");
    const result = end instanceof Error ? end.message : `${end} ${version}`.trim();
    const list = value.startsWith("[{") ? textOf(value) : value;
    const short = description.replace(/Written (?:again )?over version/, "over");
    return [result.replaceAll(`${PREFIX}/`, ""), short === "" ? list : `${list} (${short})`, calls.join("")];
  } finally {
    mock.restoreAll();
    for (const client of [own, other]) client.destroy();
  }
}
