// Runs one load spike: every client sends its token and retries until it is logged in.
// As a program, in a separate process, since it replaces time and network: prints the result of the
// spike in its argument.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { defaultThrottle } from "../../../infra/common-props.ts";
import { getWebIdentityToken } from "../../../local/aws/sts/signed-token.ts";
import { type LocalIdentity, mintToken } from "../../../local/identities.ts";
import { seededRandom } from "../../fuzz/mutate.ts";
import { localServices } from "../../local-aws.ts";
import { type Expected, people, SIGNED } from "../crowd.ts";
import { CALLERS } from "../review-event.ts";
import { type Limit, lookUp, openEndpoint } from "./endpoint.ts";
import { type ServiceLimits, startServices } from "./services.ts";
import { type Time, useMemoryNetwork, virtualTime } from "./time.ts";

export interface Spike {
  /** They log in at every kube-apiserver, of which there are 3 by default. */
  readonly who: { readonly people: number; readonly roles: number; readonly apiservers?: number };
  /** Default: tokens of `aws eks get-token`. */
  readonly isSigned?: boolean;
  readonly throttle: Limit;
  /** Reserved concurrency, or the account's limit. */
  readonly maxEnvironments: number;
  readonly ssmReads: number;
  /** How long STS does not respond, from the start. */
  readonly stsSilentMs?: number;
}

/**
 * The operator's settings. Accounts allow 1,000 environments, except new ones, which allow 10 for
 * all functions.
 */
export function withReserved(reservedConcurrency: number | false, quota = 1_000) {
  const { rateLimit, burstLimit } = defaultThrottle(reservedConcurrency);
  const throttle = { perSecond: rateLimit, burst: burstLimit };
  return { throttle, maxEnvironments: reservedConcurrency || quota, ssmReads: 40 };
}

type SpikeResult = Awaited<ReturnType<typeof measure>>;

export const CLUSTER_ID = "spike";
export const PREFIX = `/iam-authenticator/${CLUSTER_ID}`;
export const REGION = "us-west-2";
/** First logins are spread evenly over this time. */
const WITHIN_MS = 1_000;
/** Clients (controllers, or people) retry after this time plus a random part of it. */
const AGAIN_MS = 1_000;
/** Clients that are not logged in after this time count as failed. */
const GIVE_UP_MS = 300_000;

async function measure(spike: Spike, time: Time, random: () => number) {
  const { isSigned = false, who, ssmReads, stsSilentMs = 0 } = spike;
  const { apiservers = 3 } = who;
  const crowd = people(who.people, who.roles, PREFIX, { isSigned });
  const parameters = { ...crowd.parameters, [`${PREFIX}/callers`]: CALLERS };
  const ends = time.now() + stsSilentMs;
  const limits: ServiceLimits = {
    ssmReads,
    faultOf: (service) => (service === "sts" && time.now() < ends ? { kind: "silent" } : undefined),
  };
  const services = await startServices({ ...crowd, parameters }, limits, time, random);
  Object.assign(process.env, {
    CLUSTER_ID,
    CALLER_AUTH: "bearer",
    ...localServices(REGION, services.urls),
  });
  if (isSigned) {
    const JWT_ISSUERS = [...SIGNED.issuers].map((pair) => pair.join("=")).join();
    Object.assign(process.env, { JWT_ISSUERS, JWT_KEYS_ENDPOINT: services.urls.sts });
  }
  const endpoint = openEndpoint(spike.throttle, spike.maxEnvironments, time, isSigned);
  const start = time.now();
  const took: number[] = [];
  const wrong: string[] = [];
  /** `out`: clients that never logged in. */
  const counts = { lookUps: 0, failed: 0, out: 0 };

  async function come(token: string, expected: Expected): Promise<void> {
    await time.sleep(random() * WITHIN_MS);
    while (time.now() <= start + GIVE_UP_MS) {
      counts.lookUps += 1;
      const body = await lookUp(endpoint, time, random, token);
      if (body !== undefined) {
        wrong.push(...mistakes(body, expected));
        took.push(time.now() - start);
        return;
      }
      counts.failed += 1;
      await time.sleep(AGAIN_MS * (1 + random()));
    }
    counts.out += 1;
  }

  const clients = await Promise.all(
    crowd.members.map(async ({ identity, expected }) => {
      const token = isSigned
        ? await signedToken(identity, start)
        : await mintToken({ identity, clusterId: CLUSTER_ID, region: REGION, now: start });
      return { token, expected };
    }),
  );
  const logins = clients.flatMap(({ token, expected }) =>
    Array.from({ length: apiservers }, () => come(token, expected)),
  );
  await Promise.all(logins);
  await services.close();
  took.sort((a, b) => a - b);
  /** In seconds from the start. */
  const at = (share: number): number =>
    (took[Math.ceil(took.length * share) - 1] ?? Number.NaN) / 1000;
  return {
    ...{ half: at(0.5), most: at(0.99), all: at(1) },
    /** By when 5 %, 10 %, ... 100 % are logged in. */
    curve: Array.from({ length: 20 }, (_, index) => at((index + 1) / 20)),
    ...{ ...counts, ...endpoint.counts, calls: services.calls, wrong },
  };
}

/**
 * Signed here, without the limits of STS: each client needs one call for its tokens of 15 min at
 * all kube-apiservers.
 */
async function signedToken(identity: LocalIdentity, now: number): Promise<string> {
  const asked = new Map([
    ["Audience.member.1", `iam-authenticator/${CLUSTER_ID}`],
    ["SigningAlgorithm", "RS256"],
    ["DurationSeconds", "900"],
  ]);
  const claims = { [identity.name]: SIGNED.claimsOf(identity) };
  const result = await getWebIdentityToken(
    asked,
    identity,
    { issuers: SIGNED.issuers, claims },
    now,
  );
  return String(result["WebIdentityToken"]);
}

export function mistakes(body: string, expected: Expected): string[] {
  const { status } = JSON.parse(body);
  const { authenticated, user, error } = status;
  const right =
    "denial" in expected
      ? authenticated === false && user === undefined && error?.startsWith(`${expected.denial}:`)
      : authenticated === true &&
        user?.username === expected.username &&
        user.groups.join() === expected.groups.join();
  return right ? [] : [`${JSON.stringify(expected)} got ${JSON.stringify(status)}`];
}

/**
 * Runs `file` as a program. Throws on any error, and on a response that does not match its
 * identity.
 */
export async function measuredBy<Result extends { readonly wrong: readonly string[] }>(
  file: string,
  what: object,
): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [file, JSON.stringify(what)]);
  const result: Result = JSON.parse(stdout);
  if (result.wrong.length > 0) throw new Error(`wrong answers:\n${result.wrong.join("\n")}`);
  return result;
}

export const runSpike = (spike: Spike): Promise<SpikeResult> =>
  measuredBy(import.meta.filename, spike);

/** `BENCH_SEED`: other random numbers, to see what depends on chance. */
const SEED = Number(process.env["BENCH_SEED"] ?? 1);

/** In a program of `measuredBy`: prints what `measure` returns for the program's argument. */
export async function printMeasured<What>(
  measure: (what: What, time: Time, random: () => number) => Promise<object>,
): Promise<void> {
  const print = process.stdout.write.bind(process.stdout);
  // Discards the log lines of reviews.
  process.stdout.write = () => true;
  // The bundle also uses random waits.
  Math.random = seededRandom(SEED).real;
  const time = virtualTime();
  useMemoryNetwork();
  const result = await time.run(
    measure(JSON.parse(process.argv[2] ?? ""), time, seededRandom(SEED + 1).real),
  );
  print(JSON.stringify(result), () => process.exit());
}

if (import.meta.main) await printMeasured(measure);
