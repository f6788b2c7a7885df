// The outages of AWS services during the load, when a review may be a fault because of them, and
// which values of something over time a review may use.

import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, LocalServer } from "../../../local/aws/http-server.ts";
import {
  answering,
  type FaultRule,
  ssmThrottling,
  stsThrottling,
} from "../../local/aws/service-faults.ts";

/** `ec2` includes IAM, `keys` are those of AWS-signed tokens. */
export type Service = "sts" | "store" | "ec2" | "keys";

const RESET: Fault = { kind: "reset" };
const SILENT: Fault = { kind: "silent" };

/**
 * Start, duration in seconds, service, fault. Mappings are cached for 30 s, nodes and keys for 60
 * s.
 */
const PLAN: readonly (readonly [number, number, Service, FaultRule])[] = [
  [12, 3, "sts", RESET],
  [20, 3, "store", answering(503)],
  [180, 30, "sts", RESET],
  [320, 40, "store", answering(503)],
  [480, 70, "ec2", SILENT],
  // The rotation publishes a new key at 720 s, and uses it from 840 s.
  [690, 70, "keys", RESET],
  [860, 30, "sts", SILENT],
  [980, 40, "store", SILENT],
  [1100, 70, "ec2", answering(503)],
  [1230, 70, "keys", SILENT],
  [1360, 30, "sts", stsThrottling],
  [1460, 40, "store", ssmThrottling()],
];

/**
 * How long faults may continue: a failed read of Parameter Store is cached for 1 s, and keys are
 * read once a minute.
 */
const AFTER_MS = { sts: 0, store: 1_000, ec2: 0, keys: 60_000 };

export type Outages = ReturnType<typeof planOutages>;

export function planOutages() {
  const past: { readonly service: Service; readonly from: number; to: number }[] = [];
  const active = new Map<Service, FaultRule>();
  const count = () => ({ answered: 0, failed: 0 });
  const calls = { sts: count(), store: count(), ec2: count(), keys: count() };

  async function run(
    [at, seconds, service, rule]: (typeof PLAN)[number],
    begin: number,
  ): Promise<void> {
    await sleep(begin + at * 1000 - Date.now(), undefined, { ref: false });
    const outage = { service, from: Date.now(), to: Number.POSITIVE_INFINITY };
    past.push(outage);
    active.set(service, rule);
    await sleep(seconds * 1000, undefined, { ref: false });
    active.delete(service);
    outage.to = Date.now();
  }

  return {
    past,
    calls,
    /** Counts the calls of these services, and starts the outages that end within `seconds`. */
    start(servers: Readonly<Record<Service, LocalServer>>, begin: number, seconds: number): void {
      for (const service of ["sts", "store", "ec2", "keys"] as const) {
        servers[service].fail((request) => {
          const rule = active.get(service);
          calls[service][rule === undefined ? "answered" : "failed"] += 1;
          return typeof rule === "function" ? rule(request) : rule;
        });
      }
      for (const row of PLAN) if (row[0] + row[1] < seconds) void run(row, begin);
    },
    /** Whether a review between the two times may be a fault if it needs these services. */
    explain: (services: readonly Service[], from: number, to: number): boolean =>
      past.some((outage) => {
        return (
          services.includes(outage.service) &&
          outage.from <= to &&
          outage.to + AFTER_MS[outage.service] + TOLERANCE_MS > from
        );
      }),
  };
}

/** For clocks, and for requests that another review has started. */
const TOLERANCE_MS = 3_000;

/** The right answers of a review between two times: "denied", or the username and groups. */
export type Answers = (from: number, to: number) => readonly string[];

export type History<T> = ReturnType<typeof history<T>>;

/** `lagMs`: how long a replaced value may still be used by a review between two times. */
export function history<T>(first: T, lagMs: (value: T, from: number, to: number) => number) {
  const states = [{ value: first, since: 0 }];
  let current = first;
  return {
    now: () => current,
    set(value: T): void {
      current = value;
      states.push({ value, since: Date.now() });
    },
    during(from: number, to: number): T[] {
      const used = states.filter(({ value, since }, index) => {
        const until = states[index + 1]?.since ?? Number.POSITIVE_INFINITY;
        return since <= to && until > from - TOLERANCE_MS - lagMs(value, from, to);
      });
      return used.map(({ value }) => value);
    },
  };
}
