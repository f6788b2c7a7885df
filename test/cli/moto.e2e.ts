// The life of a cluster's mappings against moto, another implementation of Parameter Store. Run by itself: needs Python 3.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cli, useLocalAws } from "./cli.ts";
import { wholeLife } from "./lifecycle.ts";

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

const FAST = ["--rate", "1000", "--read-rate", "1000"];

test("the whole life of a cluster's mappings, with 300 entries", () =>
  wholeLife((words, options) => {
    const reads = ["get", "history"].includes(words[0] ?? "");
    const writes = ["apply", "set", "remove", "rollback"].includes(words[0] ?? "");
    const pace = reads ? [] : writes ? FAST : FAST.slice(2);
    return cli(["mappings", ...words, ...pace, "-c", "prod"], options);
  }));

test("callers: add, list, remove", async () => {
  const callers = (...words: string[]) => cli(["callers", ...words, "-c", "prod"]);
  assert.equal((await callers("add", "one")).code, 0);
  assert.equal((await callers("add", "two")).code, 0);
  assert.match((await callers("list")).out, /one +accepted.*\ntwo +accepted/);
  assert.equal((await callers("remove", "one", "-y")).code, 0);
  assert.equal((await callers("remove", "two", "-y")).code, 1);
});
