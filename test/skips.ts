// A reporter of node:test, beside the one that prints results: in CI (TEST_SKIPS=listed, set by
// .ci/run), it prints the skipped tests, and fails the run if one is not listed here with a reason.

import type { TestEvent } from "node:test/reporters";
import { IS_ALL, LEFT_TO_ALL } from "./extent.ts";

/**
 * By the test's name: why CI may skip it. What apt-get can install is no reason: .ci/run installs it.
 */
export const MAY_SKIP: Readonly<Record<string, string>> = {
  "a foreign group's permissions are removed; another user's file is refused":
    "only root can create these files, and CI's user is not root",
  "systemd accepts the units, and the timer runs every four minutes": "containers have no systemd",
  "kube-apiserver logs in through the mounted file, by an address that is not loopback":
    "a machine without a network has only loopback addresses",
};

interface Skipped {
  readonly name: string;
  readonly file: string;
  /** What the test gives as its reason, if it gives one. */
  readonly reason: string | undefined;
}

const IS_CI = process.env["TEST_SKIPS"] === "listed";

/** Returns the lines about skipped tests, and whether each may be skipped. */
function judge(skipped: readonly Skipped[]) {
  // In `npm run test:all`, nothing is left to another run.
  const isForAll = ({ reason }: Skipped) => !IS_ALL && reason === LEFT_TO_ALL;
  const others = skipped.filter((test) => !isForAll(test));
  const left = skipped.length - others.length;
  return {
    lines: [
      ...(left === 0 ? [] : [`Skipped: ${left} tests that npm run test:all runs.`]),
      ...others.map(({ name, file, reason = "no reason" }) => {
        const why = MAY_SKIP[name];
        return why === undefined
          ? `SKIPPED, BUT NOT LISTED in test/skips.ts: ${file}: ${name} (${reason})`
          : `Skipped: ${name}: ${why}.`;
      }),
    ],
    isListed: others.every(({ name }) => name in MAY_SKIP),
  };
}

// biome-ignore lint/style/noDefaultExport: node:test uses the default export of a reporter
export default async function* skips(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const skipped: Skipped[] = [];
  for await (const { type, data } of events) {
    if (type !== "test:pass" || data.skip === undefined || data.skip === false) continue;
    const reason = typeof data.skip === "string" && data.skip !== "" ? data.skip : undefined;
    skipped.push({ name: data.name, file: data.file ?? "", reason });
  }
  if (!IS_CI) return;
  const { lines, isListed } = judge(skipped);
  if (!isListed) process.exitCode = 1;
  yield lines.map((line) => `${line}\n`).join("");
}
