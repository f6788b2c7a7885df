// The default rate limits of 40 reads and 3 writes per second, and the higher ones.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import {
  DeleteParameterCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
} from "@aws-sdk/client-ssm";
import { startParameterStore } from "../../../local/parameter-store/parameter-store.ts";
import { DEFAULT_THROUGHPUT, HIGHER_THROUGHPUT } from "../../../local/parameter-store/throughput.ts";
import { refused, ssmClient } from "./client.ts";

async function start(t: TestContext, throughput = DEFAULT_THROUGHPUT) {
  let now = Date.UTC(2026, 10, 24);
  const parameters = { "/t/a": "v" };
  const store = await startParameterStore({ parameters, now: () => now, throughput });
  t.after(() => store.close());
  const ssm = ssmClient(store.url);
  const advance = (ms: number): void => {
    now += ms;
  };
  return { ssm, store, advance };
}

test("the 41st read within a second is throttled, for all three operations, and the history and writes are not", async (t) => {
  const { ssm, advance } = await start(t);
  const reads = [
    () => ssm.send(new GetParameterCommand({ Name: "/t/a" })),
    () => ssm.send(new GetParametersCommand({ Names: ["/t/a"] })),
    () => ssm.send(new GetParametersByPathCommand({ Path: "/t" })),
  ];
  for (let call = 0; call < 40; call += 1) await reads[call % 3]?.();
  advance(999);
  for (const read of reads) await refused(read(), "ThrottlingException", /Rate exceeded/);
  await ssm.send(new GetParameterHistoryCommand({ Name: "/t/a" }));
  await ssm.send(new PutParameterCommand({ Name: "/t/a", Value: "w", Overwrite: true }));
  advance(1);
  await reads[0]?.();
});

test("the fourth write within a second is throttled and has no effect", async (t) => {
  const { ssm, store, advance } = await start(t);
  const put = (Value: string) =>
    ssm.send(new PutParameterCommand({ Name: "/t/a", Value, Type: "String", Overwrite: true }));
  for (const value of ["1", "2", "3"]) await put(value);
  await refused(put("4"), "ThrottlingException", /Rate exceeded/);
  await refused(ssm.send(new DeleteParameterCommand({ Name: "/t/a" })), "ThrottlingException");
  assert.equal((await ssm.send(new GetParameterCommand({ Name: "/t/a" }))).Parameter?.Value, "3");
  advance(1000);
  assert.equal((await put("5")).Version, 5);
  // put() is not an API call
  for (const value of ["6", "7", "8", "9"]) store.put("/t/a", value);
});

test("higher throughput allows 100 pages, 10 writes and 3,000 other reads per second", async (t) => {
  const { ssm } = await start(t, HIGHER_THROUGHPUT);
  const page = () => ssm.send(new GetParametersByPathCommand({ Path: "/t" }));
  for (let call = 0; call < 100; call += 1) await page();
  await refused(page(), "ThrottlingException", /Rate exceeded/);
  for (let call = 0; call < 41; call += 1) await ssm.send(new GetParameterCommand({ Name: "/t/a" }));
  const put = () => ssm.send(new PutParameterCommand({ Name: "/t/a", Value: "w", Overwrite: true }));
  for (let call = 0; call < 10; call += 1) await put();
  await refused(put(), "ThrottlingException", /Rate exceeded/);
});
