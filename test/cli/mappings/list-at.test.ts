// `mappings list --at`: the mappings of an earlier time, and what Parameter Store no longer knows.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { cli, useLocalAws } from "../cli.ts";
import { useServer } from "../fixtures.ts";
import { exits } from "./cluster.ts";

const A = "111122223333";
const NAME = `/iam-authenticator/prod/role/${A}`;
const arn = (role: string) => `arn:aws:iam::${A}:role/${role}`;
const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 24, 12);
let time = START;
const store = useServer(() => startParameterStore({ parameters: {}, now: () => time }), "each");
beforeEach(() => useLocalAws({ AWS_ENDPOINT_URL_SSM: store.url }));

function put(role: string, username: string, hours: number): void {
  time = START + hours * HOUR;
  store.put(`${NAME}/${role}`, JSON.stringify({ arn: arn(role), username }));
}

async function usernamesAt(at: string) {
  const words = ["mappings", "list", "-c", "prod", "--at", at, "-o", "json"];
  const { code, out, err } = await cli(words, { now: START + 100 * HOUR });
  return { code, err, names: code === 0 ? JSON.parse(out).map(({ username }: { username: string }) => username) : [] };
}

test("it shows each mapping's value of that time, without those that were added later", async () => {
  put("a", "old-a", 0);
  put("b", "b", 1);
  put("a", "new-a", 2);
  put("c", "c", 3);
  put("c", "c2", 4);
  put("gone", "gone", 4);
  store.remove(`${NAME}/gone`);
  for (const [at, names] of [
    ["2026-11-24T11:59:59Z", []],
    ["2026-11-24", []],
    ["2026-11-25", ["new-a", "b", "c2"]],
    ["2026-11-24T12:00:00Z", ["old-a"]],
    ["2026-11-24T13:30:00Z", ["old-a", "b"]],
    ["2026-11-24T14:00:00Z", ["new-a", "b"]],
    ["2026-11-24T15:30:00Z", ["new-a", "b", "c"]],
    ["96h", ["new-a", "b", "c2"]],
    ["97h", ["new-a", "b", "c"]],
  ] as const) {
    assert.deepEqual((await usernamesAt(at)).names, names, at);
  }
  const missing = "Mappings and denials that were deleted since are missing: Parameter Store keeps no history of them.";
  await exits(usernamesAt("2026-11-24T12:00:00Z"), 0, `As of 2026-11-24T12:00:00.000Z. ${missing}\n`);
});

test("a version that is no longer kept is reported, not guessed", async () => {
  for (let i = 0; i < 130; i += 1) put("a", `a${i}`, i / 10);
  const gone = /^Parameter Store keeps 100 versions\. The one of that time is gone for role\/111122223333\/a\.$/m;
  assert.deepEqual((await exits(usernamesAt("2026-11-24T12:00:00Z"), 0, gone)).names, []);
});

test("a time in the future and other text are refused", async () => {
  for (const [at, sentence] of [
    ["2099-01-01T00:00:00Z", /^--at must not be in the future\.$/m],
    ["2026-11-29", /^--at must not be in the future\.$/m],
    ["yesterday", /It must be a duration such as 15m, 1h or 2d, a day such as 2026-11-24, or a time such as/],
  ] as const) {
    await exits(usernamesAt(at), 2, sentence);
  }
});
