// Pins this process to a processor, and reads what a process costs, on Linux.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Moves this process with all its threads to one processor. */
export function pinTo(processor: number): void {
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(processor), String(process.pid)], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime, in hundredths of a second, of all threads */
export function processorMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: VmRSS, in kB */
export function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
