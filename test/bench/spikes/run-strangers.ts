// One environment is enough for a login, unless strangers occupy all of them: runs in its own process, like a load spike.

import { mintToken } from "../../../local/identities.ts";
import { localServices } from "../../local-aws.ts";
import { people } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { lookUp, openEndpoint } from "./endpoint.ts";
import { CLUSTER_ID, measuredBy, mistakes, PREFIX, printMeasured, REGION, withReserved } from "./run-spike.ts";
import { startServices } from "./services.ts";
import type { Time } from "./time.ts";

export interface Strangers {
  /** Tokens of strangers that reach kube-apiserver, each a different one. */
  readonly perSecond: number;
  /** Whether the function accepts only its own region's hosts (`stsRegions`). */
  readonly onlyRegion: boolean;
  readonly reservedConcurrency: number;
}

const SILENT_REGION = "ap-southeast-5";
/** One login a second, after the strangers have had time to occupy the environments. */
const [LOGINS, BEFORE_MS, EVERY_MS] = [60, 10_000, 1_000];

async function measure({ perSecond, onlyRegion, reservedConcurrency }: Strangers, time: Time, random: () => number) {
  const crowd = people(LOGINS + 1, 3, PREFIX, { denies: false });
  const silentHost = `sts.${SILENT_REGION}.amazonaws.com`;
  const parameters = { ...crowd.parameters, [`${PREFIX}/callers`]: CALLERS };
  const settings = withReserved(reservedConcurrency);
  const services = await startServices({ ...crowd, parameters }, { ...settings, silentHost }, time, random);
  const environment = { CLUSTER_ID, CALLER_AUTH: "bearer", ...localServices(REGION, services.urls) };
  Object.assign(process.env, environment, onlyRegion ? { STS_REGIONS: REGION } : {});
  const endpoint = openEndpoint(settings.throttle, settings.maxEnvironments, time);
  const start = time.now();
  const until = start + BEFORE_MS + LOGINS * EVERY_MS;
  const wrong: string[] = [];
  const took: number[] = [];

  const strangers = Array.from({ length: ((until - start) / 1_000) * perSecond }, async (_, index) => {
    await time.sleep((index * 1_000) / perSecond);
    // A signature that no key made. kube-apiserver looks up each token once at a time.
    const identity = { ...crowd.identities[0], secretAccessKey: `junk-${index}` } as (typeof crowd.identities)[number];
    const token = await mintToken({ identity, clusterId: CLUSTER_ID, region: SILENT_REGION, now: start });
    await lookUp(endpoint, time, random, token);
  });
  const logins = crowd.members.slice(1).map(async ({ identity, expected }, index) => {
    await time.sleep(BEFORE_MS + index * EVERY_MS);
    const token = await mintToken({ identity, clusterId: CLUSTER_ID, region: REGION, now: start });
    const from = time.now();
    const body = await lookUp(endpoint, time, random, token);
    if (body === undefined) return;
    wrong.push(...mistakes(body, expected));
    took.push((time.now() - from) / 1_000);
  });
  await Promise.all([...strangers, ...logins]);
  await services.close();
  /** In seconds, of the logins that did not fail. */
  return { logins: LOGINS, failed: LOGINS - took.length, slowest: Math.max(...took), wrong };
}

export const runStrangers = (strangers: Strangers): ReturnType<typeof measure> =>
  measuredBy(import.meta.filename, strangers);

if (import.meta.main) await printMeasured(measure);
