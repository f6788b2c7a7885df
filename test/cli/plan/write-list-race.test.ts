// Several operators write one list at once, with random delays of each request and response: no
// change of theirs is lost.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { type ParameterHistory, SSMClient } from "@aws-sdk/client-ssm";
import type { Change } from "../../../cli/plan/changes.ts";
import { writeList } from "../../../cli/plan/write-list.ts";
import { UNINTERRUPTED } from "../../../cli/plan/write-parameter.ts";
import { IS_ALL } from "../../extent.ts";

const NAME = "/iam-authenticator/my-cluster/deny/111122223333";

const ROUNDS = IS_ALL ? 8_000 : 100;

/** Returns numbers from 0 to below 1, the same ones in each run. */
function numbers(seed: number): () => number {
  let last = seed;
  return () => {
    last = (last * 1_103_515_245 + 12_345) % 2 ** 31;
    return last / 2 ** 31;
  };
}

/** Most requests and responses take few turns of the event loop, some take many. */
function delayBy(random: () => number): () => Promise<void> {
  return async () => {
    const turns = random() < 0.2 ? random() * 80 : random() * 4;
    for (let turn = 1; turn < turns; turn += 1) await new Promise(setImmediate);
  };
}

/** A client of a store with one parameter, which it never refuses to write. */
function clientOf(versions: ParameterHistory[], delay: () => Promise<void>): SSMClient {
  const client = new SSMClient({ region: "us-west-2" });
  const answer = (
    name: string,
    input: { readonly Value?: string; readonly Description?: string },
  ) => {
    if (name === "GetParameterHistoryCommand") return { Parameters: [...versions] };
    if (name === "GetParametersCommand")
      return { Parameters: versions.slice(-1), InvalidParameters: [] };
    if (name === "ListTagsForResourceCommand") return { TagList: [] };
    assert.equal(name, "PutParameterCommand");
    return {
      Version: versions.push({ ...versions.at(-1), ...input, Version: versions.length + 1 }),
    };
  };
  const send = async (command: {
    readonly constructor: { readonly name: string };
    readonly input: object;
  }) => {
    await delay();
    const result = answer(command.constructor.name, command.input);
    await delay();
    return result;
  };
  return Object.assign(client, { send });
}

function versionOf(
  version: number,
  names: readonly string[],
  description: string,
  at: number,
): ParameterHistory {
  const Value = JSON.stringify(names.map((arnLike) => ({ arnLike })));
  const rest = { Version: version, Description: description, LastModifiedDate: new Date(at) };
  return { Name: NAME, Type: "String", Value, ...rest };
}

interface Entry {
  readonly arnLike: string;
}

const entriesIn = (versions: readonly ParameterHistory[]): readonly Entry[] =>
  JSON.parse(versions.at(-1)?.Value ?? "[]");

/** Adds an entry such as `+a`, or removes one such as `-x`. */
async function write(
  what: string,
  versions: readonly ParameterHistory[],
  client: SSMClient,
): Promise<void> {
  const arnLike = what.slice(1);
  const { Value: value = "", Version: version = 0 } = versions.at(-1) ?? {};
  const before = { name: NAME, value, version, secure: false, modified: 0 };
  const others = entriesIn(versions).filter((entry) => entry.arnLike !== arnLike);
  const wanted = JSON.stringify(what.startsWith("+") ? [...others, { arnLike }] : others);
  const change: Change = { action: "change", name: NAME, before, value: wanted };
  await writeList(client, "arnLike", change, () => {}, UNINTERRUPTED);
}

test("entries that up to eight operators change at the same time are all stored", async (t) => {
  t.after(() => mock.restoreAll());
  mock.method(Math, "random", () => 0);
  const random = numbers(1);
  const delay = delayBy(random);
  for (let round = 0; round < ROUNDS; round += 1) {
    const versions: ParameterHistory[] = [versionOf(1, ["x", "y"], "", 0)];
    const client = clientOf(versions, delay);
    const added = Array.from({ length: 4 + Math.floor(random() * 4) }, (_, at) => `+${at}`);
    const changes = random() < 0.5 ? [...added, "-x"] : added;
    await Promise.all(
      changes.map(async (what) => {
        await delay();
        await write(what, versions, client);
      }),
    );
    const expected = [
      ...(changes.includes("-x") ? [] : ["x"]),
      "y",
      ...added.map((what) => what.slice(1)),
    ];
    const stored = entriesIn(versions).map(({ arnLike }) => arnLike);
    const history = versions.map(({ Value, Description }) => `${Description}: ${Value}`).join("\n");
    assert.deepEqual(stored.toSorted(), expected.toSorted(), `round ${round}\n${history}`);
  }
});

test("an entry that another tool removed long ago does not return", async (t) => {
  t.after(() => mock.restoreAll());
  mock.method(Math, "random", () => 0);
  const hour = 3_600_000;
  const versions = [
    versionOf(1, ["x"], "", 0),
    versionOf(2, ["x", "removed"], "Written over version 1", 1),
    versionOf(3, ["x"], "Written over version 1", hour),
  ];
  let delays = 0;
  // Two other operators write right before the first write.
  const client = clientOf(versions, async () => {
    delays += 1;
    if (delays !== 5) return;
    versions.push(versionOf(4, ["x", "a"], "Written over version 3", 2 * hour));
    versions.push(versionOf(5, ["x", "b"], "Written over version 3", 2 * hour));
  });
  await write("+c", versions, client);
  const stored = entriesIn(versions).map(({ arnLike }) => arnLike);
  assert.deepEqual(stored.toSorted(), ["a", "b", "c", "x"]);
});
