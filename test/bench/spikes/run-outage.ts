// Logins while services fail, strangers send tokens or the clock steps, in any combination: runs in
// its own process, like a load spike, but several of them one after the other.

import { callerIdOf } from "../../../functions/settings/common.ts";
import type { Fault, LocalRequest } from "../../../local/aws/http-server.ts";
import { getWebIdentityToken } from "../../../local/aws/sts/signed-token.ts";
import { type LocalIdentity, mintToken } from "../../../local/identities.ts";
import { seededRandom } from "../../fuzz/mutate.ts";
import {
  ec2Throttling,
  iamThrottling,
  ssmThrottling,
  stsThrottling,
} from "../../local/aws/service-faults.ts";
import { localServices } from "../../local-aws.ts";
import { NODE_MAPPING } from "../../system/mappings.ts";
import { people, SIGNED } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { lookUp, openEndpoint } from "./endpoint.ts";
import { ACCOUNT, CONTROL_PLANE, junk, nodes, session } from "./outage-identities.ts";
import { CLUSTER_ID, measuredBy, mistakes, PREFIX, printMeasured, REGION } from "./run-spike.ts";
import { type Service, type ServiceLimits, startServices } from "./services.ts";
import type { Time } from "./time.ts";

/**
 * Tokens from which no login is expected, by what they need: STS of the own Region or of others,
 * for junk that no key signed; a mapping that no environment has read; EC2 and IAM, for nodes that
 * no environment knows; the issuer's keys, for AWS-signed tokens. `bearers` of strangers go
 * straight to the endpoint; the others go to kube-apiserver.
 */
type Beside =
  | "own"
  | "silentFar"
  | "far"
  | "ownBearers"
  | "farBearers"
  | "unread"
  | "nodes"
  | "signed";

export interface Outage {
  /** Of the random numbers: times of arrival, waits, which calls are throttled. */
  readonly seed: number;
  /** At most this many environments run. Default: 8. */
  readonly environments?: number;
  /**
   * No environment runs at the start. Default: all run, and have granted a login of each role and
   * of a node.
   */
  readonly isFresh?: boolean;
  readonly caller: "bearer" | "iam" | "none";
  /** A healthy standby answers what is redirected. */
  readonly hasStandby: boolean;
  /** Logins a second of users, for this time. Defaults: 5, 12 s. */
  readonly logins?: number;
  readonly seconds?: number;
  /** Users sign for another Region, whose STS answers after 100 ms. Default: for the own. */
  readonly isAbroad?: boolean;
  /** `STS_REGIONS` is only that other Region. */
  readonly acceptsOnlyAbroad?: boolean;
  /** Who does not respond, from the start of the logins. Keys: from the start of environments. */
  readonly silent?: readonly (Exclude<Service, "sts"> | "own" | "silentFar")[];
  /** This share of all calls is throttled. */
  readonly throttled?: number;
  /** How long EC2 takes. Default: as the other services. */
  readonly ec2Ms?: number;
  /** Tokens a second. */
  readonly beside?: Readonly<Partial<Record<Beside, number>>>;
  /** The clock is set back by this time after a third of the time, and forward after two thirds. */
  readonly stepMs?: number;
}

const ABROAD = "eu-west-1";
const REGIONS = { own: REGION, silentFar: "ap-southeast-5", far: "ap-south-1" };
const FAR_MS = 700;
const ABROAD_MS = 100;
const hostOf = (region: string): string => `sts.${region}.amazonaws.com`;

/**
 * From the warm-up to the start: mappings are read again after 30 s, and callers are proven by IAM
 * again after 60 s, so that both happen during the outage.
 */
const IDLE_MS = 61_000;
/** From the start of the outage to the first login. */
const BEFORE_MS = 1_000;

const THROTTLING: Readonly<Record<Service, (request: LocalRequest) => Fault>> = {
  sts: stsThrottling,
  keys: stsThrottling,
  ssm: ssmThrottling,
  ec2: ec2Throttling,
  iam: iamThrottling,
};

async function measureOne(outage: Outage, time: Time) {
  // The bundle also uses random waits.
  Math.random = seededRandom(outage.seed).real;
  const random = seededRandom(outage.seed + 1).real;
  const { environments = 8, isFresh = false, caller, hasStandby, logins: perSecond = 5 } = outage;
  const { seconds = 12, isAbroad = false, silent = [], throttled = 0, beside = {} } = outage;
  const { ec2Ms, stepMs = 0 } = outage;
  const userRegion = isAbroad ? ABROAD : REGION;
  const logins = (seconds - BEFORE_MS / 1_000) * perSecond;
  const crowd = people(logins, 3, PREFIX);
  const { [`${PREFIX}/deny/${ACCOUNT}`]: _, ...mappings } = crowd.parameters;
  const countOf = (what: Beside): number => seconds * (beside[what] ?? 0);
  const machines = nodes(countOf("nodes") + 1);
  const unread = Array.from({ length: countOf("unread") }, (_, index) =>
    session(`Unread${index}`, "user", `ASIAUNREAD${String(index).padStart(10, "0")}`),
  );
  const identities = [...crowd.identities, CONTROL_PLANE, ...machines.identities, ...unread];
  const parameters = {
    ...mappings,
    [`${PREFIX}/role/${ACCOUNT}/clusternode`]: JSON.stringify(NODE_MAPPING),
    [`${PREFIX}/callers`]:
      caller === "iam"
        ? JSON.stringify([
            { name: "control-plane", arn: `arn:aws:iam::${ACCOUNT}:role/ControlPlane` },
          ])
        : CALLERS,
  };

  let hasStarted = false;
  const silentHosts = (["own", "silentFar"] as const)
    .filter((where) => silent.includes(where))
    .map((where) => hostOf(REGIONS[where]));
  const faultOf: ServiceLimits["faultOf"] = (service, request) => {
    const isSilent =
      service === "sts"
        ? hasStarted && silentHosts.includes(request.headers["host"] ?? "")
        : silent.includes(service) && (hasStarted || service === "keys");
    if (isSilent) return { kind: "silent" };
    return hasStarted && random() < throttled ? THROTTLING[service](request) : undefined;
  };
  const limits: ServiceLimits = {
    ssmReads: 10_000,
    stsMs: { [hostOf(REGIONS.far)]: FAR_MS, [hostOf(ABROAD)]: ABROAD_MS },
    faultOf,
    ...(ec2Ms !== undefined && { ec2Ms }),
  };
  const served = { identities, parameters, nodes: machines.services };
  const services = await startServices(served, limits, time, random);
  const isSigned = beside.signed !== undefined;
  setVariables({
    CLUSTER_ID,
    CALLER_AUTH: caller === "none" ? "none" : "bearer",
    // As a stack sets it.
    ACCOUNTS: ACCOUNT,
    ...localServices(REGION, services.urls),
    STS_REGIONS: outage.acceptsOnlyAbroad === true ? ABROAD : undefined,
    FAILOVER_URL: hasStandby ? "https://standby.example.com/authenticate" : undefined,
    JWT_ISSUERS: isSigned ? [...SIGNED.issuers].map((pair) => pair.join("=")).join() : undefined,
    JWT_KEYS_ENDPOINT: isSigned ? services.urls.sts : undefined,
  });

  let signatures = 0;
  function signed(identity: LocalIdentity, region: string, clusterId = CLUSTER_ID) {
    signatures += 1;
    // Differs from the others that this identity signs in the same second.
    const expiresIn = 1 + (signatures % 900);
    return mintToken({ identity, clusterId, region, now: time.now(), expiresIn });
  }
  const endpoint = openEndpoint({ perSecond: 10_000, burst: 10_000 }, environments, time);
  const bearer =
    caller === "iam" ? await signed(CONTROL_PLANE, REGION, callerIdOf(CLUSTER_ID)) : undefined;
  const warmUsers = [...crowd.identities.slice(0, 3), ...machines.identities.slice(0, 1)];
  await endpoint.warmUp(
    isFresh ? 0 : environments,
    () => Promise.all(warmUsers.map((identity) => signed(identity, userRegion))),
    bearer,
  );
  await time.sleep(IDLE_MS);
  hasStarted = true;

  const wrong: string[] = [];
  const took: number[] = [];
  let redirected = 0;

  const tokenOf: Readonly<Record<Beside, (index: number) => Promise<string>>> = {
    own: (index) => signed(junk(index), REGIONS.own),
    silentFar: (index) => signed(junk(index), REGIONS.silentFar),
    far: (index) => signed(junk(index), REGIONS.far),
    ownBearers: (index) => signed(junk(index), REGIONS.own, callerIdOf(CLUSTER_ID)),
    farBearers: (index) => signed(junk(index), REGIONS.far, callerIdOf(CLUSTER_ID)),
    unread: (index) => signed(unread[index] ?? junk(index), userRegion),
    nodes: (index) => signed(machines.identities[index + 1] ?? junk(index), userRegion),
    signed: (index) => jwtOf(crowd.identities[index % logins] ?? junk(index), time.now()),
  };
  async function send(what: Beside, index: number): Promise<void> {
    await time.sleep(((index + random()) * 1_000) / (beside[what] ?? 1));
    const token = await tokenOf[what](index);
    if (what.endsWith("Bearers")) await endpoint.post("opaque", token);
    else await lookUp(endpoint, time, random, token, bearer);
  }
  async function login(index: number): Promise<void> {
    await time.sleep(BEFORE_MS + ((index + random()) * 1_000) / perSecond);
    const identity = crowd.identities[index] ?? CONTROL_PLANE;
    const from = time.now();
    const body = await lookUp(endpoint, time, random, await signed(identity, userRegion), bearer);
    if (body === undefined) return;
    took.push((time.now() - from) / 1_000);
    if (JSON.parse(body).kind === "Status") redirected += 1;
    else {
      const username = `team${index % 3}:user-${index}-example.com`;
      wrong.push(...mistakes(body, { username, groups: [`team-${index % 3}`] }));
    }
  }
  async function stepClock(): Promise<void> {
    for (const ms of [-stepMs, stepMs]) {
      await time.sleep((seconds * 1_000) / 3);
      time.step(ms);
    }
  }
  await Promise.all([
    stepClock(),
    ...(Object.keys(beside) as Beside[]).flatMap((what) =>
      Array.from({ length: countOf(what) }, (_, index) => send(what, index)),
    ),
    ...Array.from({ length: logins }, (_, index) => login(index)),
  ]);
  await services.close();
  took.sort((a, b) => a - b);
  const median = took[(took.length - 1) >> 1] ?? 0;
  return {
    logins,
    lost: logins - took.length,
    redirected,
    median,
    slowest: took.at(-1) ?? 0,
    wrong,
  };
}

async function jwtOf(identity: LocalIdentity, now: number): Promise<string> {
  const asked = new Map([
    ["Audience.member.1", `iam-authenticator/${CLUSTER_ID}`],
    ["SigningAlgorithm", "RS256"],
    ["DurationSeconds", "900"],
  ]);
  const options = { issuers: SIGNED.issuers };
  return String((await getWebIdentityToken(asked, identity, options, now))["WebIdentityToken"]);
}

function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

async function measure(outages: readonly Outage[], time: Time) {
  const results: Awaited<ReturnType<typeof measureOne>>[] = [];
  for (const outage of outages) results.push(await measureOne(outage, time));
  return { results, wrong: results.flatMap(({ wrong }) => wrong) };
}

export type Measured = Awaited<ReturnType<typeof measureOne>>;

/** Returns the results in the order of `outages`. Throws on a wrong grant, too. */
export async function runOutages(outages: readonly Outage[]): Promise<readonly Measured[]> {
  const { results } = await measuredBy<Awaited<ReturnType<typeof measure>>>(
    import.meta.filename,
    outages,
  );
  return results;
}

if (import.meta.main) await printMeasured(measure);
