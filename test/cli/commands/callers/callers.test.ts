// `callers`: the function accepts the printed token, AWS never receives it, and the last caller is
// protected.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, { closeSync, existsSync, openSync, readFileSync, statSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { mock, test } from "node:test";
import { parse } from "yaml";
import { checkBearer } from "../../../../functions/authenticator/caller/bearer.ts";
import { deadlineIn } from "../../../../functions/lib/deadline.ts";
import { cli, runSources } from "../../cli.ts";
import { useFolder } from "../../fixtures.ts";
import { isPut } from "../mappings/apply.ts";
import { exits, prints, useCluster } from "../mappings/cluster.ts";
import { callers, PARAMETER, storedCallers } from "./stored-callers.ts";

// mock.method fills the disk.
runSources();
const { path: folder } = useFolder();
const cluster = useCluster({}, "all");

async function check(token: string, now = Date.now()) {
  const parameters = new Map([
    [PARAMETER, { value: JSON.stringify(await storedCallers(cluster)), secure: false }],
  ]);
  const read = async () => ({ parameters, cached: false, stale: false });
  const deadline = deadlineIn(1000, () => now);
  await checkBearer(`Bearer ${token}`, PARAMETER, read, deadline);
}

test("add: the function accepts the printed token until it expires", async () => {
  const said =
    "Its token is shown only this once; AWS stores only its hash. The function accepts it within 60 s.\n";
  const adding = callers("add first --until 2100-01-01T00:00:00Z -y");
  const { out, err } = await exits(adding, 0);
  const [plan = "", added] = err.split(/\n(?=Added)/);
  assert.equal(added, `Added first to ${PARAMETER}. ${said}`);
  assert.match(
    plan,
    /^Plan for account .*:\n\+ callers\n {4}name: first sha256: [0-9a-f]{64} notAfter: \S+\n1 to add/,
  );
  // Standard output has the token alone, so that it can be a file.
  const token = out.trimEnd();
  assert.equal(Buffer.from(token, "base64url").length, 32);
  await check(token);
  await assert.rejects(check(token, Date.UTC(2100, 0, 1)));
  assert.ok(cluster.store.requests.every(({ body }) => !body.includes(token)));
  await exits(callers(["add", "first", "-y"]), 1);
  await exits(callers(["add", "x", "--until", "soon"]), 2);
  await exits(
    callers("add x --until 2020-01-01T00:00:00Z"),
    2,
    /is in the past: the caller would never be acc/,
  );
  for (const name of ["", "two\nlines"]) assert.equal((await callers(["add", name])).code, 2);
});

test("add --dry-run prints the plan, and creates no token, file or parameter", async () => {
  const out = join(folder, "dry-run.kubeconfig");
  const before = cluster.store.requests.length;
  const adding = callers(`add dry --endpoint https://a.example --out ${out} --dry-run`);
  await prints(
    adding,
    /\n~ callers\n {4}\+ name: dry sha256: [0-9a-f]{64}\n0 to add, 1 to change, [^\n]*\n$/,
    "Nothing was written.\n",
  );
  assert.ok(!existsSync(out));
  assert.ok(!cluster.store.requests.slice(before).some(isPut));
  const forTwoHours = callers("add short --for 2h --dry-run", { now: Date.UTC(2026, 10, 24, 12) });
  await prints(forTwoHours, / notAfter: 2026-11-24T14:00:00Z\n/);
  await exits(callers(["add", "first", "--dry-run"]), 1);
});

test("add --endpoint --out creates a kubeconfig for its owner, and overwrites no file", async () => {
  const out = join(folder, "webhook.kubeconfig");
  await exits(callers(`add second --endpoint https://a.example --out ${out} --yes`), 0);
  assert.equal(statSync(out).mode & 0o777, 0o600);
  const { clusters, users } = parse(readFileSync(out, "utf8"));
  assert.deepEqual(clusters[0].cluster, {
    server: "https://a.example/authenticate",
    "tls-server-name": "a.example",
  });
  await check(users[0].user.token);
  for (const words of ["callers add printed -y -c prod", "kubeconfig webhook --no-token"]) {
    const printed = cli(`${words} --endpoint https://a.example --out -`);
    await prints(
      printed,
      /^apiVersion: v1\n(?:.*\n)* {4,}server: https:\/\/a\.example\/authenticate\n/,
      /^(?!Wrote -)/,
    );
    assert.ok(!existsSync("-"));
  }
  await exits(callers("remove printed -y"), 0);
  const again = callers(`add third --endpoint https://a.example --out ${out} -y`);
  await exits(again, 2, `Cannot write ${out}: it already exists.\n`);
  assert.doesNotMatch((await callers(["list"])).out, /third/);
  const nowhere = join(folder, "no-such-folder", "webhook.kubeconfig");
  const lost = callers(`add third --endpoint https://a.example --out ${nowhere} -y`);
  await exits(lost, 2, `Cannot write ${nowhere}: there is no such folder.\n`);
});

test("add on a full disk stores no token, and works afterwards", async (t) => {
  const out = join(folder, "full.kubeconfig");
  const words = `add full --endpoint https://a.example --out ${out} -y`;
  mock.method(fs, "writeFileSync", () => {
    throw Object.assign(new Error(), { code: "ENOSPC" });
  });
  syncBuiltinESMExports();
  t.after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });
  await exits(callers(words), 2, `Cannot write ${out}: the disk is full.\n`);
  assert.ok(!existsSync(out));
  assert.doesNotMatch((await callers("list -o name")).out, /full/);
  mock.restoreAll();
  syncBuiltinESMExports();
  await exits(callers(words), 0);
  await exits(callers("remove full -y"), 0);
});

test("add with standard output on a full disk stores no token", {
  skip: !existsSync("/dev/full") && "no /dev/full here",
}, async () => {
  const program = join(import.meta.dirname, "../../../../cli/iam-authenticator.ts");
  const full = openSync("/dev/full", "w");
  const words = [program, ..."callers add lost -c prod -y".split(" ")];
  const child = spawn(process.execPath, words, { stdio: ["ignore", full, "pipe"] });
  const [err, [code]] = await Promise.all([
    text(child.stderr ?? assert.fail()),
    once(child, "exit"),
  ]);
  closeSync(full);
  assert.equal(code, 3);
  assert.match(err, /^Cannot write the output: ENOSPC\.$/m);
  assert.doesNotMatch((await callers("list -o name")).out, /lost/);
});

test("list prints names and states, and no secrets", async () => {
  const head = "NAME +STATE +UNTIL +SHA-256 OR ARN";
  await prints(
    callers("list"),
    new RegExp(`^${head}\nfirst +accepted +2100-\\S+Z +[0-9a-f]{12}\nsecond +accepted`),
  );
  await prints(callers("list", { now: Date.UTC(2101, 0, 1) }), /\nfirst +ended/);
  await prints(callers("ls -o name"), "first\nsecond\n");
  await prints(callers("ls -o wide", { columns: 40 }), /\nfirst +accepted +\S+ +[0-9a-f]{64}\n/);
  cluster.store.put("/elsewhere/pattern/any", "[]");
  const none = /^No callers in account \w+, region [\w-]+, cluster prod \(\/elsewhere\)\.\n$/;
  await prints(callers("list --prefix /elsewhere"), "NAME  STATE  UNTIL  SHA-256 OR ARN\n", none);
});

test("remove asks for confirmation, and refuses to remove the last caller", async () => {
  await exits(callers(["remove", "nobody", "-y"]), 1);
  await exits(callers(["remove", "first"]), 2);
  await exits(callers(["remove", "first", "--dry-run"]), 0);
  assert.match((await callers(["list"])).out, /first/);
  await exits(callers(["remove", "first", "-y"]), 0);
  const refused = /^Refused: no caller would remain accepted for an hour/;
  await exits(callers("remove second -y"), 1, refused);
  await exits(callers("add ending --for 55m -y"), 0);
  await exits(callers("remove second -y"), 1, refused);
  await exits(callers("remove ending -y"), 0);
  await exits(callers(["remove", "second", "-y", "--force"]), 0);
  assert.deepEqual(await storedCallers(cluster), []);
});

test("a value that is not a list is reported, and invalid entries are shown", async () => {
  cluster.put("callers", '[{"name":"hand-made","sha256":"x"}]');
  await prints(callers("list"), /\nhand-made +invalid/);
  cluster.put("callers", '["no name", {"name":"hand-made"}]');
  await prints(callers("list -o name"), "hand-made\n");
  cluster.put("callers", "{}");
  await exits(callers("add x"), 2, /is not a JSON list: no caller is accepted/);
});
