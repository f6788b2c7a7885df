// The cases of `npm run bench -- outages`: each pair of failures with each kind of caller, with and
// without a standby, and rows with their own rates.

import type { Outage } from "./spikes/run-outage.ts";

type Caller = Outage["caller"];
export const CALLERS: readonly Caller[] = ["bearer", "iam", "none"];

/** What fails, and which tokens come beside the logins. */
type Failure = Pick<Outage, "silent" | "beside" | "isAbroad" | "throttled" | "stepMs"> & {
  /** Bearer tokens a second that no key signed, if callers are proven by IAM. */
  readonly bearers?: Outage["beside"];
};

/**
 * By the name in docs/regions.md. The rates are those of the tokens that need what fails. Users sign
 * for another Region while the own Region's STS is silent, as docs/regions.md says.
 */
const FAILURES = {
  "the own Region's STS is silent": { silent: ["own"], beside: { own: 20 }, isAbroad: true },
  "another Region's STS is silent": { silent: ["silentFar"], beside: { silentFar: 20 } },
  "Parameter Store is silent": { silent: ["ssm"], beside: { unread: 5 } },
  "AWS throttles a fifth of all calls": { throttled: 1 / 5, beside: { unread: 5 } },
  "EC2 is silent": { silent: ["ec2"], beside: { nodes: 10 } },
  "IAM is silent": { silent: ["iam"], beside: { nodes: 10 } },
  "the issuer's keys are silent": { silent: ["keys"], beside: { signed: 10 } },
  "strangers at other Regions' STS": { beside: { far: 25 }, bearers: { farBearers: 10 } },
  "strangers at the own Region's STS": { beside: { own: 25 }, bearers: { ownBearers: 10 } },
  "the clock steps back and forward": { stepMs: 30_000 },
} as const satisfies Readonly<Record<string, Failure>>;

export type FailureName = keyof typeof FAILURES;
export const FAILURE_NAMES = Object.keys(FAILURES) as readonly FailureName[];

/** One or two failures, a kind of caller, and whether there is a standby. */
export interface Case {
  readonly failures: readonly FailureName[];
  readonly caller: Caller;
  readonly standby: boolean;
}

/** Each failure alone, then each pair, for each kind of caller. */
export const CASES: readonly Case[] = FAILURE_NAMES.flatMap((first, index) =>
  FAILURE_NAMES.slice(index).flatMap((second) =>
    CALLERS.flatMap((caller) =>
      [false, true].map((standby) => {
        return { failures: first === second ? [first] : [first, second], caller, standby };
      }),
    ),
  ),
);

export function outageOf({ failures, caller, standby }: Case, seed: number): Outage {
  const all: readonly Failure[] = failures.map((name) => FAILURES[name]);
  const beside: Record<string, number> = {};
  for (const failure of all) {
    const bearers = caller === "iam" ? failure.bearers : {};
    for (const [what, perSecond] of Object.entries({ ...failure.beside, ...bearers }))
      beside[what] = (beside[what] ?? 0) + perSecond;
  }
  return {
    ...Object.assign({}, ...all.map(({ bearers: _, ...failure }) => failure)),
    silent: all.flatMap(({ silent = [] }) => silent),
    ...{ seed, caller, beside, hasStandby: standby },
  };
}

type Row = Omit<Outage, "seed">;
const PLAIN = { caller: "bearer", hasStandby: false } as const;
const SLOW_EC2: Row = { ...PLAIN, logins: 1, seconds: 24, ec2Ms: 900, beside: { nodes: 10 } };

/** The guard of each service keeps the environments free for these users. */
export const GUARDED_ROWS: Readonly<Record<string, Row>> = {
  "EC2 is silent, 10 nodes/s with `{EC2PrivateDNSName}`; 1 login/s of users": {
    ...{ ...PLAIN, logins: 1, seconds: 24, silent: ["ec2"], beside: { nodes: 10 } },
  },
  "the own Region's STS is silent, 20 tokens/s for it, IAM callers; 1 login/s of users who sign for another":
    {
      ...{ ...PLAIN, caller: "iam", logins: 1, seconds: 15 },
      ...{ silent: ["own"], beside: { own: 20 }, isAbroad: true },
    },
  "Parameter Store is silent, `failoverUrl`, environments that have just started, no callers; 10 logins/s of users who sign for the standby's Region":
    {
      ...{ caller: "none", hasStandby: true, logins: 10, seconds: 13 },
      ...{ silent: ["ssm"], isAbroad: true, isFresh: true },
    },
  "Parameter Store and other Regions' STS are silent, 20 tokens/s for the latter; 5 logins/s of users":
    {
      ...{ ...PLAIN, logins: 5, seconds: 13 },
      ...{ silent: ["ssm", "silentFar"], beside: { silentFar: 20 } },
    },
};

const OWN_AND_EC2: Row = {
  ...{ ...PLAIN, silent: ["own", "ec2"], beside: { own: 20, nodes: 10 }, isAbroad: true },
};

/** With their own rates, by the name in test/bench/README.md. */
export const ROWS: Readonly<Record<string, Row>> = {
  ...GUARDED_ROWS,
  "the own Region's STS is silent, 40 tokens/s for it, IAM callers; 5 logins/s of users who sign for another":
    { ...PLAIN, caller: "iam", silent: ["own"], beside: { own: 40 }, isAbroad: true },
  "the own Region's STS and EC2 are silent, 20 tokens/s and 10 nodes/s; 5 logins/s of users who sign for another":
    OWN_AND_EC2,
  "the same, `STS_REGIONS` has only the other Region": { ...OWN_AND_EC2, acceptsOnlyAbroad: true },
  "the same, all Regions, 40 environments": { ...OWN_AND_EC2, environments: 40 },
  "EC2 answers after 900 ms, 10 nodes/s with `{EC2PrivateDNSName}`, 8 environments; 1 login/s of users":
    SLOW_EC2,
  "the same, 20 environments": { ...SLOW_EC2, environments: 20 },
  "the same, 8 environments, 5 nodes/s": { ...SLOW_EC2, beside: { nodes: 5 } },
};
export const SEEDS: readonly number[] = [1, 2, 3];
