// A share of one processor and a bound on memory, as Lambda gives them for a memory size, by a control group of Linux.

import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";

export interface Confinement {
  /** A command that runs the command behind it inside. */
  readonly command: readonly string[];
  /** Puts a process that runs already inside, with all its threads. */
  enter(pid: number): void;
  /** Call when nothing runs inside any more. */
  close(): void;
}

/** "At 1,769 MB, a function has the equivalent of one vCPU": https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEGABYTES_OF_ONE_CPU = 1_769;
const PERIOD_US = 20_000;

/** Needs root, and the `cpu` and `memory` controllers of control groups, version 1. */
export function confine(megabytes: number): Confinement {
  const cpu = `/sys/fs/cgroup/cpu/bench-${process.pid}-${megabytes}`;
  const memory = `/sys/fs/cgroup/memory/bench-${process.pid}-${megabytes}`;
  try {
    for (const folder of [cpu, memory]) mkdirSync(folder);
    writeFileSync(`${cpu}/cpu.cfs_period_us`, String(PERIOD_US));
    writeFileSync(`${cpu}/cpu.cfs_quota_us`, String(Math.round((PERIOD_US * megabytes) / MEGABYTES_OF_ONE_CPU)));
    writeFileSync(`${memory}/memory.limit_in_bytes`, String(megabytes * 2 ** 20));
  } catch (cause) {
    throw new Error("no control group could be made: this bench needs root and control groups, version 1", { cause });
  }
  const enter = 'echo $$ > "$0/cgroup.procs" && echo $$ > "$1/cgroup.procs" && shift && exec "$@"';
  return {
    command: ["/bin/sh", "-c", enter, cpu, memory],
    enter: (pid) => {
      for (const folder of [cpu, memory]) writeFileSync(`${folder}/cgroup.procs`, String(pid));
    },
    close: () => {
      for (const folder of [cpu, memory]) rmdirSync(folder);
    },
  };
}
