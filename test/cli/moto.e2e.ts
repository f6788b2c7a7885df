// The command with moto, another implementation of Parameter Store and CloudWatch Logs. Run separately: needs Python 3.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { denial } from "../../functions/errors.ts";
import { cli, useLocalAws } from "./cli.ts";
import { wholeLife } from "./lifecycle.ts";
import { type Logged, lineOf, otherLines } from "./reviews/services.ts";

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
  useLocalAws({ AWS_ENDPOINT_URL_SSM: url, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url });
  const made = await cli(["callers", "add", "first", "-c", "prod", "-y", "--new"]);
  assert.equal(made.code, 0, made.err);
});
after(() => server.kill());

const FAST = ["--rate", "1000", "--read-rate", "1000"];

test("the lifecycle of a cluster's mappings, with 100 entries", () =>
  wholeLife((words, options) => {
    const reads = ["get", "history"].includes(words[0] ?? "");
    const writes = ["apply", "set", "remove", "rollback"].includes(words[0] ?? "");
    const pace = reads ? [] : writes ? FAST : FAST.slice(2);
    return cli(["mappings", ...words, ...pace, "-c", "prod"], options);
  }));

test("callers: add, list, remove", async () => {
  const callers = (...words: string[]) => cli(["callers", ...words, "-c", "prod"]);
  assert.equal((await callers("add", "one", "-y")).code, 0);
  assert.equal((await callers("add", "two", "-y")).code, 0);
  assert.match((await callers("list")).out, /first +accepted.*\none +accepted.*\ntwo +accepted/);
  for (const name of ["first", "one"]) assert.equal((await callers("remove", name, "-y")).code, 0);
  assert.equal((await callers("remove", "two", "-y")).code, 1);
});

test("reviews reads 25,000 reviews in pages, filters one session's denials, and rejects a missing log group", async () => {
  const [logGroupName, logStreamName] = ["/app/authenticator", "stream"];
  const logs = new CloudWatchLogsClient({ endpoint: url });
  await logs.send(new CreateLogGroupCommand({ logGroupName }));
  await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const start = Date.now() - 30 * 60_000;
  const session = (i: number) => `arn:aws:sts::111122223333:assumed-role/Team/person-${i % 5}`;
  const lines = Array.from({ length: 25_000 }, (_, i) => {
    const denied = i % 100 === 0 ? { outcome: "denied", error: denial("identity_unmapped", "no mapping") } : undefined;
    return lineOf({ time: start + i, arn: session(i), ...(denied ?? { outcome: "granted" }) } as Logged);
  });
  lines.push(...otherLines(start + 25_000));
  for (let i = 0; i < lines.length; i += 1000) {
    await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: lines.slice(i, i + 1000) }));
  }
  const reviews = (...words: string[]) =>
    cli(["reviews", ...words, "-c", "prod", "--log-group", logGroupName, "--rate", "1000", "-o", "json"]);
  const stats = JSON.parse((await reviews("stats")).out);
  assert.deepEqual(stats.outcomes, { granted: 24_750, denied: 250 });
  const groups = JSON.parse((await reviews("--outcome", "denied", "--who", session(0))).out);
  assert.deepEqual(
    groups.map(({ arn, count }: { arn: string; count: number }) => [arn, count]),
    [[session(0), 250]],
  );
  assert.equal((await cli(["reviews", "-c", "prod", "--log-group", "/none"])).code, 2);
});
