// --rate and --read-rate: numbers, auto, and the estimate before many writes.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { SSMClient } from "@aws-sdk/client-ssm";
import { chooseRates } from "../../../cli/aws/choose-rates.ts";
import type { RateOptions } from "../../../cli/aws/rates.ts";
import { processStreams } from "../../../cli/terminal/io-streams.ts";
import type { MemoryStore } from "../../../local/parameter-store/parameter-store.ts";
import { DEFAULT_THROUGHPUT, HIGHER_THROUGHPUT, type Throughput } from "../../../local/parameter-store/throughput.ts";
import { masters, roles, writeMappings } from "./apply.ts";
import { ADMIN, exits, PREFIX, storedCluster } from "./cluster.ts";
import { forbidSettings, onlyGranted } from "./permissions.ts";

let store: MemoryStore;
let stores: MemoryStore[] = [];
afterEach(async () => {
  await Promise.all(stores.map((started) => started.close()));
  stores = [];
});

async function start(throughput?: Throughput) {
  const cluster = await storedCluster(ADMIN, throughput);
  store = cluster.store;
  stores.push(store);
  return cluster;
}

async function chosen(options: RateOptions, throughput?: Throughput, forbidden = false) {
  await start(throughput);
  if (forbidden) forbidSettings(store);
  const told: string[] = [];
  const io = { ...processStreams(), log: (text: string) => told.push(text) };
  const rates = await chooseRates(options, new SSMClient({ endpoint: store.url }), io);
  return { rates, told: told.join(""), calls: store.requests.length };
}

const ON = "Parameter Store's higher throughput is on";

test("without auto, the throughput setting is not read", async () => {
  assert.deepEqual(await chosen({}), { rates: { reads: 20, writes: 3 }, told: "", calls: 0 });
  assert.deepEqual(await chosen({ rate: 5, readRate: 7 }), { rates: { reads: 7, writes: 5 }, told: "", calls: 0 });
});

test("auto uses the account's throughput setting for writes and reads", async () => {
  assert.deepEqual(await chosen({ rate: "auto" }, HIGHER_THROUGHPUT), {
    rates: { reads: 50, writes: 9 },
    told: `${ON}: 9 writes and 50 reads a second.\n`,
    calls: 1,
  });
  assert.deepEqual(await chosen({ rate: "auto" }, DEFAULT_THROUGHPUT), {
    rates: { reads: 20, writes: 3 },
    told: "Parameter Store's higher throughput is off: 3 writes and 20 reads a second.\n",
    calls: 1,
  });
});

test("auto for one rate does not change the other", async () => {
  const writes = await chosen({ rate: "auto", readRate: 7 }, HIGHER_THROUGHPUT);
  assert.deepEqual([writes.rates, writes.told], [{ reads: 7, writes: 9 }, `${ON}: 9 writes a second.\n`]);
  const reads = await chosen({ rate: 5, readRate: "auto" }, HIGHER_THROUGHPUT);
  assert.deepEqual([reads.rates, reads.told], [{ reads: 50, writes: 5 }, `${ON}: 50 reads a second.\n`]);
});

test("without the permission, auto uses the default throughput and prints that", async () => {
  const { rates, told } = await chosen({ rate: "auto" }, HIGHER_THROUGHPUT, true);
  assert.deepEqual(rates, { reads: 20, writes: 3 });
  assert.equal(
    told,
    "No permission for ssm:GetServiceSetting, so the default throughput is assumed: 3 writes and 20 reads a second.\n",
  );
});

test("grantManageMappings is enough for --rate auto", async () => {
  const { mappings } = await start(HIGHER_THROUGHPUT);
  for (const account of [undefined, "111122223333"]) {
    store.fail(onlyGranted(PREFIX, account));
    const words = account === undefined ? [] : ["--account", account];
    await exits(mappings(["list", "--read-rate", "auto", ...words]), 0, `${ON}: 50 reads a second.\n`);
  }
});

test("another error while reading the setting ends the command", async () => {
  const { mappings } = await start();
  store.fail(({ headers }) =>
    headers["x-amz-target"] === "AmazonSSM.GetServiceSetting" ? { kind: "reset" } : undefined,
  );
  await exits(
    mappings(["list", "--read-rate", "auto"], { environment: { AWS_MAX_ATTEMPTS: "1" } }),
    3,
    /^No connection/,
  );
});

for (const [name, throughput, gap] of [
  ["on", HIGHER_THROUGHPUT, 111],
  ["off", DEFAULT_THROUGHPUT, 333],
] as const) {
  test(`--rate auto stays below the limit of Parameter Store with higher throughput ${name}`, async () => {
    // Without a rate, throttling and the SDK's retries would slow the command down.
    const { mappings } = await start({ ...throughput, writes: 1_000 });
    const begin = performance.now();
    const words = ["apply", "-f", writeMappings([masters, ...roles(6)]), "-y", "--allow-weakening"];
    const { out } = await exits(mappings([...words, "--rate", "auto"]), 0);
    assert.match(out, /^6 to add, 0 to change, 0 to remove, 1 unchanged\.$/m);
    const elapsed = performance.now() - begin;
    assert.ok(elapsed >= 5 * gap, `${elapsed} ms`);
  });
}

test("a rate is a positive number or auto", async () => {
  const { mappings } = await start();
  for (const rate of ["fast", "0", "-1", "1e3", "Auto", ""]) {
    await exits(mappings(["list", `--read-rate=${rate}`]), 2, /It must be a positive number, or auto\./);
  }
});

test("an estimate is printed before writes that take a minute or more, also with --dry-run", async () => {
  const { mappings } = await start();
  const apply = (count: number) =>
    mappings(["apply", "-f", writeMappings([masters, ...roles(count)]), "--dry-run", "--rate", "3"]);
  assert.equal((await apply(179)).err, "");
  assert.equal(
    (await apply(540)).err,
    "Writing 540 parameters at 3 a second takes 3 min. " +
      "You can stop it and run the command again: it writes only what is missing.\n",
  );
});
