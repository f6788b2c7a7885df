// Writes a parameter in a local store while another operator writes it right before a chosen
// request.

import assert from "node:assert/strict";
import { mock } from "node:test";
import { type PutParameterCommandInput, SSM } from "@aws-sdk/client-ssm";
import { readHistory } from "../../../cli/aws/parameter-store.ts";
import type { Change } from "../../../cli/plan/changes.ts";
import { writeList } from "../../../cli/plan/write-list.ts";
import { UNINTERRUPTED, writeValue } from "../../../cli/plan/write-parameter.ts";
import { type LocalCluster, PREFIX } from "../commands/mappings/cluster.ts";
import { shippedSsm } from "../shipped-sdk.ts";

export const NAME = `${PREFIX}/callers`;

/** `a b1`: entries a and b, of which b has another value. */
const listOf = (text: string) =>
  text
    .split(" ")
    .flatMap((words) => (words === "" ? [] : [{ name: words[0], value: Number(words[1] ?? 0) }]));
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
/**
 * What another operator stores: a list, `a b@1` of which is written over the version that they
 * read, or raw text.
 */
type Theirs = string | { readonly text: string } | symbol;
/** Before which request of this one: G1 is its first GetParameters, P1 its first PutParameter. */
export type Race = Readonly<Record<string, readonly Theirs[] | (() => unknown)>>;

interface Run {
  readonly before?: string;
  readonly mine?: string;
  /** Its entries are not merged. */
  readonly isWhole?: true;
  readonly race?: Race;
  readonly tags?: Readonly<Record<string, string>>;
  readonly check?: (merged: string, theirs: string) => void;
  readonly interrupted?: AbortSignal;
}

/** `gives`: the result, the stored list with its description, and the requests. */
export type Row = readonly [what: string, scenario: Run, gives: string];

/** The next request gets this error. */
export const failing = (cluster: LocalCluster, type: string) => () =>
  cluster.store.fail(() => {
    cluster.store.fail(undefined);
    return { kind: "answer", status: 400, body: JSON.stringify({ __type: type, message: "no" }) };
  });

/** The next request is not carried out, and gets this answer. */
export const answers = (cluster: LocalCluster, body: string) => () =>
  cluster.store.fail(() => {
    cluster.store.fail(undefined);
    return { kind: "answer", status: 200, body };
  });

/** What a conflict reports, such as of `was version 1`. */
export const kept = (was: string, is: string) =>
  `Another operator changed callers in the meantime: it ${was}, it ${is}. Their change is kept.`;
/** What a write reports that has replaced these versions. */
export const replaced = (whose: string, version: number, ...reasons: string[]) =>
  [
    `Another operator wrote callers at the same time, and your write replaced theirs: ${whose}.`,
    ...reasons,
    TO_SEE,
    `To restore version ${version}, run: aws ssm put-parameter --overwrite --name callers --value "$(aws ssm get-parameter --name callers:${version} --query Parameter.Value --output text)"`,
  ].join("\n");
export const TO_SEE = "To see its versions, run: aws ssm get-parameter-history --name callers";
export const by = (version: number) => `version ${version} by arn:aws:iam::111122223333:user/local`;

export async function run({ store }: LocalCluster, scenario: Run): Promise<string> {
  const { before, mine, isWhole, race = {}, tags, ...more } = scenario;
  const { check = () => {}, interrupted = UNINTERRUPTED } = more;
  const pause = mock.method(Math, "random", () => 0);
  const own = shippedSsm({ endpoint: store.url });
  const other = new SSM({ endpoint: store.url });
  const act = async (theirs: Theirs, input: object) => {
    if (theirs === LOST) throw new Error("the response was lost");
    if (theirs === OWN) {
      const own = input as PutParameterCommandInput;
      return own.Value === undefined ? other.deleteParameter(own) : other.putParameter(own);
    }
    if (typeof theirs === "symbol") throw new Error("no such race");
    if (typeof theirs !== "string") return store.put(NAME, theirs.text);
    const [list = "", over] = theirs.split("@");
    if (over === undefined) return store.put(NAME, raw(list));
    const Description = `Written over version ${over}`;
    return other.putParameter({ Name: NAME, Value: raw(list), Description, Overwrite: true });
  };
  const calls: string[] = [];
  own.middlewareStack.add((next, { commandName = "" }) => async (call) => {
    const kind = CALLS[commandName] ?? commandName;
    calls.push(kind);
    const theirs = race[`${kind}${calls.filter((call) => call === kind).length}`] ?? [];
    if (typeof theirs === "function") theirs();
    else for (const change of theirs) await act(change, call.input);
    return next(call);
  });
  if (before !== undefined) store.put(NAME, raw(before), tags ? { tags } : {});
  const stored = { name: NAME, value: raw(before ?? ""), version: 1, secure: false, modified: 0 };
  const change: Change = {
    ...{ action: "change", name: NAME, before: before === undefined ? undefined : stored },
    value: mine === undefined ? undefined : raw(mine),
  };
  const write = isWhole
    ? writeValue(own, change, interrupted)
    : writeList(own, "name", change, check, interrupted);
  try {
    const end = await write.then(
      (written) => (written?.isMerged ? "merged" : mine === undefined ? "removed" : "written"),
      (error: Error) => error,
    );
    const [newest] = await readHistory(other, NAME, UNINTERRUPTED);
    const { value, description, version } = newest ?? { value: "", description: "", version: "" };
    const reads = calls.filter((call) => call === "G").length;
    if (!isWhole && !interrupted.aborted)
      assert.equal(pause.mock.callCount(), reads - 1, "it pauses between attempts");
    const result = end instanceof Error ? end.message : `${end} ${version}`.trim();
    const short = description.replace(/Written (?:again )?over version/, "over");
    const list = `${value.startsWith("[{") ? textOf(value) : value}${short === "" ? "" : ` (${short})`}`;
    return [result.replaceAll(`${PREFIX}/`, ""), list, calls.join("")].join(" | ");
  } finally {
    mock.restoreAll();
    for (const client of [own, other]) client.destroy();
  }
}
