// How many logins fail while strangers send tokens, or while Parameter Store is silent: `npm run
// bench -- strangers [words of a row]`. BENCH_BUNDLE: the file of another build, to compare.
// BENCH_SEED: other random numbers.

import { markdown } from "./measure.ts";
import { runScenario, type Scenario, SILENT_MS } from "./spikes/run-strangers.ts";

const FAR = ["ap-southeast-5"];
const USERS = ["eu-west-1"];
const THREE = ["eu-west-1", "eu-central-1", "ap-south-1"];
const from = (perSecond: number, regions = FAR) => ({ perSecond, regions });
const asCallers = (perSecond: number, regions: readonly string[]) => ({
  perSecond,
  regions,
  asCallers: true,
});
const OWN = ["us-west-2"];
const silent = (perSecond: number): Scenario => ({ farMs: SILENT_MS, strangers: from(perSecond) });

const ROWS: Readonly<Record<string, Scenario>> = {
  "Parameter Store is silent, every user was read before; 10 logins/s": {
    warm: 8,
    logins: 10,
    isStoreSilent: true,
  },
  "the same, 5 logins/s": { warm: 8, logins: 5, isStoreSilent: true },
  "Parameter Store is silent, nothing read before, `failoverUrl`; 20 logins/s": {
    ...{ logins: 20, isStoreSilent: true, hasFailover: true },
  },
  "unsigned tokens, far hosts of 700 ms, 25/s": { warm: 8, strangers: from(25) },
  "the same, 300 ms, 60/s": { warm: 8, farMs: 300, strangers: from(60) },
  "the same, one environment, 300 ms, 3/s": {
    warm: 1,
    environments: 1,
    farMs: 300,
    strangers: from(3),
  },
  "the same, 700 ms, 60/s": { warm: 8, strangers: from(60) },
  "the same, environments that have just started, 700 ms, 25/s": { strangers: from(25) },
  "IAM callers: bearers that no key signed, hosts of 1 s, 32/s": {
    ...{ warm: 8, caller: "known", farMs: 1_000, strangers: asCallers(32, FAR) },
  },
  "the same, one environment, 2/s": {
    ...{ warm: 1, environments: 1, caller: "known", farMs: 1_000, strangers: asCallers(2, FAR) },
  },
  "strangers send alice's access key id, 700 ms, 25/s": {
    warm: 8,
    strangers: { ...from(25), key: "alice" },
  },
  "strangers have proved a key of their own, 700 ms, 25/s": {
    warm: 8,
    strangers: { ...from(25), key: "own" },
  },
  "users sign for a known host of another Region; strangers elsewhere, 10/s": {
    ...{ warm: 8, loginRegions: USERS, strangers: from(10) },
  },
  "the same, 300 ms": { warm: 8, farMs: 300, loginRegions: USERS, strangers: from(10) },
  "strangers at three known hosts, 25/s; users of the own Region": {
    ...{ warm: 8, knownRegions: THREE, strangers: from(25, THREE) },
  },
  "renewed caller; strangers sign for the own Region, 32/s": {
    ...{ warm: 8, caller: "renewed", strangers: asCallers(32, OWN) },
  },
  "renewed caller; strangers send its key id, 32/s": {
    ...{ warm: 8, caller: "renewed", strangers: { ...asCallers(32, OWN), key: "caller" } },
  },
  "the same, one environment, strangers sign for the own Region, 40/s": {
    ...{ warm: 1, environments: 1, caller: "renewed", strangers: asCallers(40, OWN) },
  },
  "the same, 100/s": {
    warm: 1,
    environments: 1,
    caller: "renewed",
    strangers: asCallers(100, OWN),
  },
  "renewed caller, eight environments, 100/s": {
    warm: 8,
    caller: "renewed",
    strangers: asCallers(100, OWN),
  },
  "a standby that has just started, `NODE_REGION`; users of the primary's Region, 25/s": {
    ...{
      farMs: 100,
      loginRegions: USERS,
      strangers: from(25),
      settings: { NODE_REGION: "eu-west-1" },
    },
  },
  "unbounded environments; users of the own Region, 25/s": {
    environments: 1_000,
    strangers: from(25),
  },
  "10 shared environments; users of the own Region, 25/s": {
    environments: 10,
    strangers: from(25),
  },
  "users of another Region, environments that know no host; strangers elsewhere, 10/s": {
    ...{ loginRegions: USERS, strangers: from(10) },
  },
  "users of another Region; strangers at their host, 300 ms, 10/s": {
    ...{ warm: 8, farMs: 300, loginRegions: USERS, strangers: from(10, USERS) },
  },
  "the same, environments that have just started, with `STS_REGIONS`": {
    ...{
      farMs: 300,
      loginRegions: USERS,
      strangers: from(10, USERS),
      settings: { STS_REGIONS: "us-west-2,eu-west-1" },
    },
  },
  "strangers with 60 new identities of their account a second, 40 reads/s; 5 logins/s": {
    ...{
      environments: 1_000,
      logins: 5,
      ssmReads: 40,
      strangers: { ...from(60, OWN), key: "identities" },
    },
  },
  "the same, with `ACCOUNTS`": {
    ...{
      environments: 1_000,
      logins: 5,
      ssmReads: 40,
      strangers: { ...from(60, OWN), key: "identities" },
    },
    settings: { ACCOUNTS: "111122223333" },
  },
  "tokens for a silent host, 1/s": silent(1),
  "tokens for a silent host, 3/s": silent(3),
  "tokens for a silent host, 10/s": silent(10),
  "tokens for a silent host, 40/s": silent(40),
  "the own Region's STS is silent; users sign for another, 10/s": {
    ...{ loginRegions: USERS, farMs: 100, isOwnStsSilent: true, strangers: from(10, OWN) },
  },
};

const words = process.argv.slice(3).join(" ");
const rows: string[][] = [];
for (const [name, scenario] of Object.entries(ROWS)) {
  if (!name.includes(words)) continue;
  const { logins, lost, slowest, stsCalls } = await runScenario(scenario);
  rows.push([name, `${lost} of ${logins}`, slowest.toFixed(1), stsCalls.toFixed(1)]);
  console.error(rows.at(-1)?.join(" | "));
}
console.log(markdown(["what happens", "lost", "slowest login, s", "calls of STS a second"], rows));
