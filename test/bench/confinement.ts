// Limits processor and memory as Lambda does for a memory size, with a Linux control group.

import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";

/** "At 1,769 MB, a function has the equivalent of one vCPU": https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEGABYTES_OF_ONE_CPU = 1_769;
const PERIOD_US = 20_000;

/** Requires root, and the `cpu` and `memory` controllers of control groups, version 1. */
export function confine(megabytes: number) {
  const cpu = `/sys/fs/cgroup/cpu/bench-${process.pid}-${megabytes}`;
  const memory = `/sys/fs/cgroup/memory/bench-${process.pid}-${megabytes}`;
  try {
    for (const folder of [cpu, memory]) mkdirSync(folder);
    writeFileSync(`${cpu}/cpu.cfs_period_us`, String(PERIOD_US));
    writeFileSync(`${cpu}/cpu.cfs_quota_us`, String(Math.round((PERIOD_US * megabytes) / MEGABYTES_OF_ONE_CPU)));
    writeFileSync(`${memory}/memory.limit_in_bytes`, String(megabytes * 2 ** 20));
  } catch (cause) {
    throw new Error("cannot create a control group: this benchmark requires root and control groups, version 1", {
      cause,
    });
  }
  return {
    size: String(megabytes),
    /** Moves a running process with all its threads into the group. */
    enter: (pid: number) => {
      for (const folder of [cpu, memory]) writeFileSync(`${folder}/cgroup.procs`, String(pid));
    },
    /** Call when no process is left in the group. */
    close: () => {
      for (const folder of [cpu, memory]) rmdirSync(folder);
    },
  };
}
