// What a command reads to connect: nothing, or the settings of the functions and the time in one
// call.

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, withFunctions, withFunctionsAgain } from "../../../cli/aws/connection.ts";
import { openStore } from "../../../cli/aws/store.ts";
import { createSecrets } from "../../../cli/io/run.ts";
import type { LocalRequest } from "../../../local/aws/http-server.ts";
import { answering, failing } from "../../local/aws/service-faults.ts";
import { settingsValue } from "../../stored-settings.ts";
import { cli } from "../cli.ts";
import { ADMIN, PREFIX, useCluster } from "../commands/mappings/cluster.ts";
import { terminal } from "../plan/connection.ts";

const A = "111122223333";
const ROLE = `arn:aws:iam::${A}:role/Developers`;
const CALLER = { name: "control-plane", sha256: "0".repeat(64) };
const cluster = useCluster({
  ...ADMIN,
  [`role/${A}/developers`]: { arn: ROLE, username: "dev" },
  callers: [CALLER],
});
const own = `${PREFIX}/settings/prod`;
const PLACE = { cluster: "prod" };
const denial = (time: number) =>
  answering(400, JSON.stringify({ __type: "AccessDeniedException", message: "as it says" }), {
    "content-type": "application/x-amz-json-1.1",
    date: new Date(time).toUTCString(),
  });

/** A run whose AWS client is watched, as that of a command. */
const newRun = () => terminal("", { secrets: createSecrets() }).run;

/** Returns the parameters that a request names, or its path. */
function asked({ body }: LocalRequest): string {
  const { Names, Path } = JSON.parse(`${body}`);
  return [...(Names ?? []), Path ?? ""]
    .join(" ")
    .replaceAll(`${PREFIX}/`, "")
    .replace(PREFIX, "all")
    .trim();
}

/** Returns what was asked while `work` ran, call by call. */
async function callsOf(work: () => Promise<unknown>): Promise<readonly string[]> {
  cluster.store.requests.length = 0;
  await work();
  return cluster.store.requests.map(asked);
}

for (const [words, ...calls] of [
  ["callers list", "callers"],
  ["mappings list", "all"],
  [`mappings get ${ROLE}`, `role/${A}/developers`],
  ["irsa keys list", "issuer", "settings/prod"],
  ["mappings lint", "settings/prod", "all"],
] as const) {
  test(`${words} reads ${calls.join(", then ")}`, async () => {
    assert.deepEqual(await callsOf(() => cli(`${words} -c prod`)), calls);
  });
}

test("opening a store calls nothing, and connecting reads the settings", async () => {
  const run = newRun();
  assert.deepEqual(await callsOf(() => openStore(PLACE, {}, run)), []);
  cluster.deploy({ RESERVED_PREFIXES: "corp:" });
  const connecting = connect(PLACE, {}, run);
  assert.deepEqual(await callsOf(() => connecting), ["settings/prod"]);
  const { review, hasSettings } = await connecting;
  assert.deepEqual([review.reservedPrefixes, hasSettings], [["corp:"], true]);
});

test("settings of many functions are read ten in a call, the own ones first", async () => {
  const neighbours = Array.from({ length: 12 }, (_, at) => `c${at}`);
  cluster.deploy({ RESERVED_PREFIXES: "own:" });
  cluster.store.put(`${PREFIX}/settings/c11`, settingsValue({ RESERVED_PREFIXES: "last:" }));
  const run = newRun();
  const store = await openStore(PLACE, {}, run);
  const reading = withFunctions(store, ["prod", ...neighbours], run);
  const calls = await callsOf(() => reading);
  assert.deepEqual(
    calls.map((names) => names.split(" ").length),
    [10, 3],
  );
  assert.match(calls[0] ?? "", /^settings\/prod settings\/c0 /);
  const { functions, review } = await reading;
  assert.equal(functions.all.length, 13);
  assert.deepEqual(review.reservedPrefixes, ["own:"]);
  assert.deepEqual(review.mayBeReserved?.(), ["own:", "last:"]);
});

test("without permission for the settings of one function, the own ones are still known", async () => {
  cluster.deploy({ RESERVED_PREFIXES: "own:" });
  const run = newRun();
  const store = await openStore(PLACE, {}, run);
  cluster.store.fail(failing("GetParameters", denial(Date.now()), "/settings/c1"));
  const { functions, review, hasSettings } = await withFunctions(store, ["c1", "c2"], run);
  cluster.store.fail(undefined);
  assert.deepEqual([review.reservedPrefixes, hasSettings], [["own:"], true]);
  assert.equal(functions.own.condition, undefined);
  const others = functions.all.slice(1).map(({ notes }) => notes.join());
  for (const note of others) assert.match(note, /^No permission to read the function's settings/);
});

test("a denied call has the time of AWS, too", async () => {
  const run = newRun();
  const time = run.clock() + 60_000;
  cluster.store.fail(failing("GetParameters", denial(time)));
  const { review, functions, hasSettings } = await connect(PLACE, {}, run);
  cluster.store.fail(undefined);
  assert.equal(review.now, time);
  assert.equal(hasSettings, false);
  assert.match(functions.own.notes.join(), /^No permission .*GetParameters on .*settings\/prod/);
});

test("settings that are read again are those of another connection", async () => {
  const run = newRun();
  cluster.deploy({ RESERVED_PREFIXES: "before:" });
  const first = await connect(PLACE, {}, run);
  cluster.deploy({ RESERVED_PREFIXES: "after:" });
  const second = await withFunctionsAgain(first, run);
  assert.deepEqual(first.review.reservedPrefixes, ["before:"]);
  assert.deepEqual(second.review.reservedPrefixes, ["after:"]);
  assert.deepEqual(second.review.mayBeReserved?.(), ["after:"]);
  assert.equal(second.functions.own.parameter, own);
});
