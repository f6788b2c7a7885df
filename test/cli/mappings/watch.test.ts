// `mappings list --watch`: prints what changes, within the read rate, until Ctrl-C.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ADMIN, DEVELOPERS, exits, PREFIX, useCluster } from "./cluster.ts";

const NOW = Date.UTC(2026, 10, 26, 12, 0, 5);
const ROLE = "role/111122223333/developers";
const cluster = useCluster(ADMIN);

/** Runs the command. Each step happens in one of its pauses, and Ctrl-C in the last one. */
async function watch(steps: (() => void)[], ...words: string[]) {
  const interrupt = new AbortController();
  const pauses: number[] = [];
  const result = await cluster.mappings(["list", "--watch", ...words], {
    now: NOW,
    interrupted: interrupt.signal,
    onSleep(ms) {
      pauses.push(ms);
      const step = steps.shift();
      if (step === undefined) {
        interrupt.abort();
        interrupt.signal.throwIfAborted();
      }
      step?.();
    },
  });
  return { ...result, pauses };
}

const put = (value: object) => () => cluster.put(ROLE, { arn: DEVELOPERS, ...value });

test("prints added, changed and removed mappings with the time, and exits with 130", async () => {
  const { code, out, err, pauses } = await watch([
    put({ username: "dev" }),
    () => {},
    put({ username: "dev", groups: ["g"] }),
    () => cluster.store.remove(`${PREFIX}/${ROLE}`),
  ]);
  assert.deepEqual([code, err], [130, ""]);
  const [header = "", first = "", ...changes] = out.trimEnd().split("\n");
  assert.match(header, /^KIND /);
  assert.match(first, /^sso /);
  const dev = "role 111122223333 Developers dev";
  const [added, changed, removed] = ["12:00:15Z", "12:00:35Z", "12:00:45Z"].map((time) => `${time} ${dev}`);
  const lines = changes.map((line) => line.replaceAll(/ +/g, " "));
  assert.deepEqual(lines, [`+ ${added}`, `- ${changed}`, `+ ${changed} g`, `- ${removed} g`]);
  assert.deepEqual(pauses, Array(5).fill(10_000));
});

test("one read between two pauses, and --group applies to changes too", async () => {
  const { out } = await watch([put({ username: "dev" })], "--group", "system:masters");
  assert.doesNotMatch(out, /Developers/);
  const reads = cluster.store.requests.filter(({ headers }) => /ByPath$/.test(`${headers["x-amz-target"]}`));
  assert.equal(reads.length, 2);
});

test("-o wide shows a change of only the version", async () => {
  const [[name, value] = []] = Object.entries(ADMIN);
  const { out } = await watch([() => cluster.put(`${name}`, value)], "-o", "wide");
  assert.match(out, /\n- {2}12:00:15Z .* 1 .*\n\+ {2}12:00:15Z .* 2 /);
});

test("formats for programs, and --at, are refused", async () => {
  for (const format of ["json", "yaml", "name"]) {
    await exits(watch([], "-o", format), 2, `--watch requires -o table or wide, not ${format}.\n`);
  }
  await exits(watch([], "--at", "1h"), 2, "Give either --watch or --at.\n");
});

test("a failed read ends it with its message", async () => {
  await exits(watch([() => cluster.store.fail({ kind: "reset" })]), 3, /^No connection/);
});
