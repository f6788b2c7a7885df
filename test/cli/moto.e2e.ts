// The life of a cluster's mappings against moto, another implementation of Parameter Store. Run by itself: needs Python 3.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cli, useLocalAws } from "./cli.ts";
import { realWorldAwsAuth } from "./import/aws-auth-sample.ts";

const VERSION = "5.2.5";
const CACHE = fileURLToPath(new URL("../../node_modules/.cache/moto", import.meta.url));
const PORT = 8427;
const url = `http://127.0.0.1:${PORT}`;

let server: ReturnType<typeof spawn>;
before(async () => {
  const program = `${CACHE}/bin/moto_server`;
  if (!existsSync(program)) {
    if (spawnSync("python3", ["-m", "venv", CACHE]).status !== 0) {
      throw new Error("needs Python 3 with its venv module, to install moto with");
    }
    execFileSync(`${CACHE}/bin/pip`, ["install", "--quiet", `moto[server,ssm]==${VERSION}`], { stdio: "inherit" });
  }
  server = spawn(program, ["-H", "127.0.0.1", "-p", String(PORT)], { stdio: "ignore" });
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  ) {
    await setTimeout(200);
  }
  useLocalAws({ AWS_ENDPOINT_URL_SSM: url });
});
after(() => server.kill());

const mappings = (words: readonly string[], input = "") => cli(["mappings", ...words, "-c", "prod"], { input });
const FAST = ["-y", "--rate", "1000"];

test("import, apply, diff, list, edit, history, rollback, export, prune", async () => {
  const imported = await cli(["mappings", "import", "-f", "-"], { input: realWorldAwsAuth(120) });
  assert.equal(imported.code, 0);
  const file = imported.out;
  const applied = await mappings(["apply", "-f", "-", ...FAST], file);
  assert.equal(applied.code, 0, applied.err);
  assert.equal((await mappings(["diff", "-f", "-", "--prune"], file)).code, 0);
  assert.match((await mappings(["list", "--group", "system:masters"])).out, /AWSReservedSSO_Admin/);

  const one = "arn:aws:iam::111122223333:role/team-7-deploy";
  assert.equal((await mappings(["set", one, "--add-group", "on-call", ...FAST])).code, 0);
  assert.equal((await mappings(["history", one])).out.trimEnd().split("\n").length, 3);
  assert.equal((await mappings(["rollback", one, ...FAST])).code, 0);
  assert.equal((await mappings(["diff", "-f", "-", "--prune"], file)).code, 0);

  const exported = await mappings(["export", "--format", "aws-auth"]);
  const again = await cli(["mappings", "import", "-f", "-"], { input: exported.out });
  assert.equal((await mappings(["diff", "-f", "-", "--prune"], again.out)).code, 0);
  assert.equal((await mappings(["remove", one, ...FAST])).code, 0);
  assert.equal((await mappings(["get", one])).code, 1);
  const refused = await mappings(["apply", "-f", "-", "--prune", ...FAST], "mappings: []");
  assert.match(refused.err, /^Refused: the last mapping that reaches system:masters/);
});

test("callers: add, list, remove", async () => {
  const callers = (...words: string[]) => cli(["callers", ...words, "-c", "prod"]);
  assert.equal((await callers("add", "one")).code, 0);
  assert.equal((await callers("add", "two")).code, 0);
  assert.match((await callers("list")).out, /one +accepted.*\ntwo +accepted/);
  assert.equal((await callers("remove", "one", "-y")).code, 0);
  assert.equal((await callers("remove", "two", "-y")).code, 1);
});
