// apply and diff: the plan, also as data, unmanaged names, errors in files, the rate of writes, and
// what AWS or the user stops.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { ssmThrottling } from "../../../local/aws/service-faults.ts";
import { folder, masters, role, roles, useApplyCluster, writeMappings } from "./apply.ts";
import { exits, prints, refuses, WHERE } from "./cluster.ts";

const cluster = useApplyCluster();
const R1 = "role/111122223333/r1";

test("apply adds, changes and removes mappings, and a second run changes nothing", async () => {
  await cluster.apply([masters, role(1), role(2)]);
  const { out } = await cluster.apply([masters, role(2, "new"), role(3)], ["--prune"]);
  const [r2, r3] = [
    "~ role/111122223333/r2\n    username: r2 -> new",
    "+ role/111122223333/r3\n    r3",
  ];
  const sum = "1 to add, 1 to change, 1 to remove, 1 unchanged.\n";
  assert.equal(out, [`Plan for ${WHERE}:\n- ${R1}\n    r1`, r2, r3, sum].join("\n"));
  const before = cluster.written();
  await exits(cluster.apply([masters, role(2, "new"), role(3)], ["--prune"]), 0);
  assert.deepEqual(cluster.written(), before);
  // --prune keeps denials, so they do not count.
  cluster.put("deny/111122223333", [{ arnLike: role(3).arn }]);
  const kept = await cluster.apply([masters]);
  assert.match(
    kept.out,
    /1 unchanged \(2 more are not in the files and are kept; --prune removes them\)\.\n$/,
  );
});

test("--prune keeps parameters of other clusters under a short prefix", async () => {
  for (const name of ["other/role/111122223333/a", "other/callers", "notes"]) cluster.put(name, {});
  const { out } = await exits(cluster.apply([masters], ["--prune"]), 0);
  assert.equal(out, `Plan for ${WHERE}:\n0 to add, 0 to change, 0 to remove, 1 unchanged.\n`);
});

test("diff prints the plan and exits with 1 if it has changes, also as data", async () => {
  await cluster.apply([masters, role(1), role(2)]);
  const gain = { ...role(1), groups: ["system:masters"] };
  const diff = (...words: string[]) =>
    cluster.mappings(["diff", "-f", writeMappings([masters, gain]), ...words]);
  await exits(diff(), 1, "", new RegExp(`:\\n~ ${R1}\\n`));
  const { changes, ...rest } = JSON.parse((await exits(diff("-o", "json"), 1, "")).out);
  assert.deepEqual(rest, {
    destination: WHERE,
    unchanged: 1,
    notInFiles: ["role/111122223333/r2"],
  });
  const [{ marks, before, ...change }, ...others] = changes;
  assert.deepEqual(
    [others, change],
    [[], { action: "change", name: R1, after: gain, warnings: [] }],
  );
  assert.match(`${before.username} ${marks[0]}`, /^r1 .*system:masters makes an administrator/);
  const pruned = parse((await diff("--prune", "-o", "yaml")).out).changes[1];
  assert.deepEqual([pruned.action, pruned.name], ["remove", "role/111122223333/r2"]);
  await exits(diff("-o", "wide"), 2);
  await exits(cluster.mappings(["diff", "-f", writeMappings([masters, role(1)])]), 0);
});

test("every error in a file is reported with its line, and nothing is written", async () => {
  const wrong = [{ account: 111122223333 }, { arn: "arn:aws:iam::111122223333:role/x" }];
  const two =
    /mappings\.yaml, line 4: account must be a text: put it in quotes.*\n.*, line 5 \(\S+:role\/x\): username is missing\nNothing was written\.\n$/;
  await exits(cluster.apply([role(1), ...wrong]), 2, two);
  const long = { ...role(1), description: "x".repeat(4096) };
  await exits(
    cluster.apply([long]),
    2,
    /\d+ bytes, but a parameter holds at most 4096, and a description has 4096 bytes: shorten it\.\n$/,
  );
  const braces = { ...long, groups: [], description: "{{x}}" };
  await exits(cluster.apply([braces]), 2, /: contains "\{\{", which Parameter Store refuses\.\n$/);
  assert.deepEqual(cluster.written(), []);
});

test("apply -o json requires --dry-run, and writes nothing", async () => {
  await cluster.apply([masters, role(1)]);
  const json = (mappings: readonly unknown[], ...words: string[]) =>
    cluster.mappings(["apply", "-f", writeMappings(mappings), "-o", "json", ...words]);
  const plan = JSON.parse(
    (
      await exits(
        json([masters, role(1, "new"), role(2)], "--dry-run"),
        0,
        "Nothing was written.\n",
      )
    ).out,
  );
  const actions = plan.changes.map(
    ({ action, name }: { action: string; name: string }) => `${action} ${name}`,
  );
  assert.deepEqual(actions, [`change ${R1}`, "add role/111122223333/r2"]);
  const { out } = await exits(json([role(1)], "--prune", "--dry-run"), 1, /^Refused: /);
  assert.equal(JSON.parse(out).changes.length, 1);
  await refuses(json([role(1)], "-y"), "-o json requires --dry-run.\n");
  assert.deepEqual(cluster.written(), [R1]);
});

test("--rate limits the writes per second, and --read-rate the reads", async () => {
  const elapsed = async (words: readonly string[]) => {
    const begin = performance.now();
    await exits(cluster.mappings(words), 0);
    return performance.now() - begin;
  };
  const words = [
    "apply",
    "-f",
    writeMappings([masters, ...roles(6)]),
    "-y",
    "--allow-weakening",
    "--rate",
    "20",
  ];
  assert.ok((await elapsed(words)) >= 5 * 50);
  for (let i = 0; i < 60; i += 1) cluster.put(`role/111122223333/r${i}`, role(i));
  // Seven pages, of which five are read at once.
  assert.ok((await elapsed(["list", "--read-rate", "5"])) > 380);
});

test("a rate is a positive number", async () => {
  for (const rate of ["fast", "0", "-1", "1e3", "auto", ""]) {
    const problem = rate === "" ? /^--read-rate is empty\./ : /It must be a positive number\./;
    await exits(cluster.mappings(["list", `--read-rate=${rate}`]), 2, problem);
  }
});

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `role/111122223333/r${from + i}`).join(", ");
const SIX = [masters, ...roles(6)];
const HALF = `\nWritten, 3 of 6: ${names(0, 3)}.\nNot written: ${names(3, 6)}. Run the same command again to finish.\n`;

test("throttling during apply exits with 3 and one sentence, and a second run finishes", async () => {
  cluster.failPuts(4, ssmThrottling());
  const { err } = await exits(
    cluster.apply(SIX),
    3,
    /^AWS still throttles these calls after several retries/,
  );
  assert.ok(err.endsWith(HALF), err);
  assert.doesNotMatch(err, /\n {4}at /);
  cluster.store.fail(undefined);
  await prints(cluster.apply(SIX), /3 to add, 0 to change, 0 to remove, 4 unchanged\.\n$/);
});

const SCRIPT = fileURLToPath(new URL("../../../../cli/iam-authenticator.ts", import.meta.url));

async function applyUntilThird(rate: string) {
  const words = ["mappings", "apply", "-c", "prod", "-f", writeMappings(SIX), "-y", "--rate", rate];
  const child = spawn(process.execPath, [SCRIPT, ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let err = "";
  child.stderr.on("data", (chunk) => (err += chunk));
  while (cluster.written().length < 3) await setTimeout(20);
  return { child, err: () => err };
}

test("as a process: Ctrl-C between two writes stops apply", async () => {
  const { child, err } = await applyUntilThird("1");
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [130, null]);
  assert.equal(err(), `Interrupted.${HALF}`);
});

test("as a process: Ctrl-C prints what it waits for, and a second one exits", async () => {
  cluster.failPuts(3, { kind: "silent" });
  const { child, err } = await applyUntilThird("50");
  child.kill("SIGINT");
  while (!err().endsWith("at once.\n")) await setTimeout(20);
  assert.equal(err(), "\nWaiting for AWS to answer a write. Press Ctrl-C again to stop at once.\n");
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [null, "SIGINT"]);
});

test("as a process: Ctrl-C in the editor does not stop edit: the saved file is written", async () => {
  // A terminal also sends it to the command, the parent of the shell that runs the editor.
  const ctrlC = `kill -INT $(ps -o ppid= -p $PPID); sleep 0.3; sed -i 's/admin:/boss:/' "$1"`;
  const words = ["mappings", "edit", "-c", "prod", "-y", "--allow-weakening", "--rate", "1000"];
  const env = { ...process.env, EDITOR: `sh ${folder.write("editor.sh", ctrlC)}` };
  const child = spawn(process.execPath, [SCRIPT, ...words], {
    stdio: ["ignore", "ignore", "inherit"],
    env,
  });
  assert.deepEqual(await once(child, "close"), [0, null]);
  assert.match(
    JSON.stringify(await cluster.value("sso/111122223333/clusteradmin")),
    /"boss:\{SessionName\}"/,
  );
});
