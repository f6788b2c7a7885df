// Logins beside strangers who send tokens that no login comes from, or while Parameter Store is
// silent: runs in its own process, like a load spike.

import { callerIdOf } from "../../../functions/settings/common.ts";
import { type LocalIdentity, mintToken } from "../../../local/identities.ts";
import { localServices } from "../../local-aws.ts";
import { people } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { lookUp, openEndpoint } from "./endpoint.ts";
import { CLUSTER_ID, measuredBy, mistakes, PREFIX, printMeasured, REGION } from "./run-spike.ts";
import { type ServiceLimits, startServices } from "./services.ts";
import type { Time } from "./time.ts";

/**
 * What strangers sign with: no key, and another key id for each token; a key id of a user or of the
 * caller; their own key AWS account; or keys of new identities there, one for each token.
 */
type Key = "none" | "alice" | "caller" | "own" | "identities";

export interface Scenario {
  /** At most this many run. Default: 8. */
  readonly environments?: number;
  /**
   * How many are running, and have granted a login to users of each of `loginRegions` and
   * `knownRegions`. Default: none.
   */
  readonly warm?: number;
  readonly knownRegions?: readonly string[];
  /** Logins a second, for 25 s. Default: 1. */
  readonly logins?: number;
  /** Regions that users sign for, in turn. Default: the function's own. */
  readonly loginRegions?: readonly string[];
  /** How long other Regions' STS takes to answer. Default: 700. */
  readonly farMs?: number;
  readonly strangers?: {
    readonly perSecond: number;
    readonly regions: readonly string[];
    readonly key?: Key;
    /**
     * They send bearer tokens, straight to the endpoint, instead of users' tokens to
     * kube-apiserver.
     */
    readonly asCallers?: boolean;
  };
  /** From the start of the attack. */
  readonly isStoreSilent?: boolean;
  /** Whether STS of the function's own Region does not answer. */
  readonly isOwnStsSilent?: boolean;
  readonly hasFailover?: boolean;
  /**
   * kube-apiserver proves itself by IAM, and uses new credentials, known to no environment, from
   * the start of the attack.
   */
  readonly caller?: "known" | "renewed";
  /** Parameter Store reads per second. Default: as with higher throughput. */
  readonly ssmReads?: number;
  /** More settings of the function. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Longer than any review. */
export const SILENT_MS = 60_000;
const SECONDS = 25;
/** The first login, after the strangers have had time to occupy the environments. */
const BEFORE_MS = 1_000;

const CALLER: LocalIdentity = {
  name: "control-plane",
  accessKeyId: "ASIACALLER0000000000",
  secretAccessKey: "local/only/caller",
  sessionToken: "local session of the control plane",
  arn: "arn:aws:sts::111122223333:assumed-role/ControlPlane/node-1",
  account: "111122223333",
  userId: "AROACONTROLPLANE0000:node-1",
};
const RENEWED: LocalIdentity = {
  ...CALLER,
  accessKeyId: "ASIACALLER0000000001",
  secretAccessKey: "local/only/renewed",
};
/** Of another account, without a mapping. */
const STRANGER: LocalIdentity = {
  name: "stranger",
  accessKeyId: "ASIASTRANGER00000000",
  secretAccessKey: "local/only/stranger",
  sessionToken: "local session of a stranger",
  arn: "arn:aws:sts::999988887777:assumed-role/Theirs/stranger",
  account: "999988887777",
  userId: "AROASTRANGER00000000:stranger",
};

/** A role of the same account, which no environment has read the mapping of. */
function theirIdentity(index: number): LocalIdentity {
  const arn = `arn:aws:sts::${STRANGER.account}:assumed-role/Theirs${index}/stranger`;
  const userId = `AROASTRANGER${String(index).padStart(8, "0")}:stranger`;
  return { ...STRANGER, arn, userId, accessKeyId: `ASIATHEIRS${String(index).padStart(10, "0")}` };
}

async function measure(scenario: Scenario, time: Time, random: () => number) {
  const {
    environments = 8,
    warm = 0,
    logins: perSecond = 1,
    loginRegions = [REGION],
    farMs = 700,
  } = scenario;
  const { strangers, caller, hasFailover = false, settings = {}, knownRegions = [] } = scenario;
  const logins = (SECONDS - 1) * perSecond;
  const crowd = people(logins + 1, 3, PREFIX);
  const { [`${PREFIX}/deny/111122223333`]: _, ...mappings } = crowd.parameters;
  // Without the deny list, each has what its role's mapping gives.
  const members = crowd.identities.map((identity, index) => {
    const username = `team${index % 3}:user-${index}-example.com`;
    return { identity, expected: { username, groups: [`team-${index % 3}`] } };
  });
  const iamCallers = JSON.stringify([
    { name: "control-plane", arn: "arn:aws:iam::111122223333:role/ControlPlane" },
  ]);
  const parameters = {
    ...mappings,
    [`${PREFIX}/callers`]: caller === undefined ? CALLERS : iamCallers,
  };
  const others = [
    ...new Set([...loginRegions, ...knownRegions, ...(strangers?.regions ?? [])]),
  ].filter((region) => region !== REGION);
  const times = others.map((region): [string, number] => [region, farMs]);
  if (scenario.isOwnStsSilent === true) times.push([REGION, SILENT_MS]);
  const stsMs = Object.fromEntries(
    times.map(([region, ms]) => [`sts.${region}.amazonaws.com`, ms]),
  );
  let isSilent = false;
  const limits: ServiceLimits = {
    ssmReads: scenario.ssmReads ?? 10_000,
    stsMs,
    faultOf: (service) => (service === "ssm" && isSilent ? { kind: "silent" } : undefined),
  };
  const attacks = SECONDS * (strangers?.perSecond ?? 0);
  const theirs = Array.from({ length: strangers?.key === "identities" ? attacks : 0 }, (_, index) =>
    theirIdentity(index),
  );
  const identities = [...crowd.identities, CALLER, RENEWED, STRANGER, ...theirs];
  const services = await startServices({ identities, parameters }, limits, time, random);
  const failover = hasFailover ? { FAILOVER_URL: "https://standby.example.com/authenticate" } : {};
  const environment = {
    CLUSTER_ID,
    CALLER_AUTH: "bearer",
    ...localServices(REGION, services.urls),
  };
  Object.assign(process.env, environment, failover, settings);
  const endpoint = openEndpoint({ perSecond: 10_000, burst: 10_000 }, environments, time);
  let count = 0;
  function signed(
    identity: LocalIdentity,
    region: string,
    clusterId = CLUSTER_ID,
  ): Promise<string> {
    count += 1;
    // Another token than the others that this identity signs in the same second.
    return mintToken({
      identity,
      clusterId,
      region,
      now: time.now(),
      expiresIn: 1 + (count % 900),
    });
  }
  const bearerOf = async (identity: LocalIdentity) =>
    caller === undefined ? undefined : signed(identity, REGION, callerIdOf(CLUSTER_ID));

  const warmUsers = scenario.isStoreSilent === true ? members : members.slice(0, 1);
  await endpoint.warmUp(
    warm,
    () =>
      Promise.all(
        [...new Set([...loginRegions, ...knownRegions])].flatMap((region) =>
          warmUsers.map(({ identity }) => signed(identity, region)),
        ),
      ),
    await bearerOf(CALLER),
  );
  // Proofs of the warm-up are over.
  await time.sleep(31_000);
  isSilent = scenario.isStoreSilent === true;
  const before = services.calls.sts.total;
  const bearer = await bearerOf(caller === "renewed" ? RENEWED : CALLER);
  const wrong: string[] = [];
  const took: number[] = [];

  async function attack(index: number): Promise<void> {
    if (strangers === undefined) return;
    const { perSecond, regions, key = "none", asCallers = false } = strangers;
    await time.sleep(((index + random()) * 1_000) / perSecond);
    const region = regions[index % regions.length] ?? REGION;
    const secretAccessKey = `junk-${index}`;
    const forged: Readonly<Record<Key, LocalIdentity>> = {
      none: {
        ...STRANGER,
        accessKeyId: `ASIAJUNK${String(index).padStart(12, "0")}`,
        secretAccessKey,
      },
      alice: { ...(members[1]?.identity ?? STRANGER), secretAccessKey },
      caller: { ...(caller === "renewed" ? RENEWED : CALLER), secretAccessKey },
      own: STRANGER,
      identities: theirs[index] ?? STRANGER,
    };
    const identity = forged[key];
    if (asCallers) {
      await endpoint.post("opaque", await signed(identity, region, callerIdOf(CLUSTER_ID)));
    } else {
      await lookUp(endpoint, time, random, await signed(identity, region), bearer);
    }
  }
  async function login(index: number): Promise<void> {
    await time.sleep(BEFORE_MS + ((index + random()) * 1_000) / perSecond);
    const { identity, expected } = members[index + 1] as (typeof members)[number];
    const token = await signed(identity, loginRegions[index % loginRegions.length] ?? REGION);
    const from = time.now();
    const body = await lookUp(endpoint, time, random, token, bearer);
    if (body === undefined) return;
    if (!hasFailover) wrong.push(...mistakes(body, expected));
    took.push((time.now() - from) / 1_000);
  }
  await Promise.all([
    ...Array.from({ length: attacks }, (_, index) => attack(index)),
    ...Array.from({ length: logins }, (_, index) => login(index)),
  ]);
  await services.close();
  return {
    ...{ logins, lost: logins - took.length, slowest: Math.max(0, ...took), wrong },
    /** Calls of STS, for each second of the attack. */
    stsCalls: (services.calls.sts.total - before) / SECONDS,
  };
}

export const runScenario = (scenario: Scenario): ReturnType<typeof measure> =>
  measuredBy(import.meta.filename, scenario);

if (import.meta.main) await printMeasured(measure);
