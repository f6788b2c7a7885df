// The command with moto, another implementation of Parameter Store and CloudWatch Logs. Run separately: needs Python 3.

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { PassThrough } from "node:stream";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { parse } from "yaml";
import { denial } from "../../functions/errors.ts";
import { type CliOptions, cli, useLocalAws } from "./cli.ts";
import { realWorldAwsAuth } from "./mappings/formats/aws-auth-sample.ts";
import { meaning } from "./mappings/formats/meaning.ts";
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

const READS = ["--read-rate", "1000"];
function mappings([verb = "", ...words]: readonly string[], options?: CliOptions) {
  const writes = ["apply", "set", "remove", "rollback"].includes(verb);
  const pace = writes ? ["--rate", "1000", ...READS] : ["get", "history"].includes(verb) ? [] : READS;
  return cli(["mappings", verb, ...words, ...pace, "-c", "prod"], options);
}

const ONE = "arn:aws:iam::111122223333:role/team-7-deploy";
const OTHER = "arn:aws:iam::111122223333:role/team-9-deploy";

test("100 realistic entries are imported from aws-auth, changed by two operators, and exported to aws-auth", async () => {
  const configMap = realWorldAwsAuth(100);
  const imported = await cli(["mappings", "import", "-f", "-"], { input: configMap });
  assert.equal(imported.code, 0, imported.err);
  assert.match(imported.err, /is skipped: line \d+, mapRoles \d+ \S+ is for the same principal and is later: /m);
  const file = imported.out;
  const count = parse(file).mappings.length;
  const withFile = (...words: string[]) => mappings([...words, "-f", "-"], { input: file });
  const isInPlace = async () => assert.equal((await withFile("diff", "--prune")).code, 0);

  const linted = await cli(["mappings", "lint", "-f", "-"], { input: file });
  assert.match(linted.out, /^warning +account-wide +account\/012345678901 /m);
  for (const words of [["diff"], ["apply", "--dry-run"]]) {
    const { code, out } = await withFile(...words);
    assert.equal(code, words[0] === "diff" ? 1 : 0);
    assert.match(
      out,
      new RegExp(
        `\\n${count} to add, 0 to change, 0 to remove, 0 unchanged\\.\\n! Needs your consent: .*\\d new administrators?`,
      ),
    );
  }
  const applied = await withFile("apply", "-y", "--allow-weakening");
  assert.equal(applied.code, 0, applied.err);
  await isInPlace();
  assert.equal((await mappings(["list"])).out.split("\n").length - 2, count);
  assert.match((await mappings(["list", "--group", "system:masters"])).out, /AWSReservedSSO_Admin/);

  await twoOperators(file);
  await isInPlace();
  const history = JSON.parse((await mappings(["history", ONE, "-o", "json"])).out);
  assert.deepEqual(
    history.map(({ version, value }: { version: number; value: { groups: string[] } }) => [version, value.groups]),
    [
      [3, ["team-7"]],
      [2, ["team-7", "on-call"]],
      [1, ["team-7"]],
    ],
  );

  const exported = await mappings(["export", "--format", "aws-auth"]);
  assert.equal(exported.code, 0, exported.err);
  assert.deepEqual(meaning(exported.out), meaning(configMap));
  const own = await mappings(["export"]);
  assert.equal((await mappings(["diff", "--prune", "-f", "-"], { input: own.out })).code, 0);

  assert.equal((await mappings(["remove", ONE, "-y"])).code, 0);
  assert.equal((await mappings(["get", ONE])).code, 1);
  const refused = await mappings(["apply", "--prune", "-f", "-", "-y"], { input: "mappings: []" });
  assert.match(refused.err, /^Refused: no administrator would surely remain/);
});

/** A second operator changes a mapping while the first reads a rollback's plan: both get a message, and no change is lost. */
async function twoOperators(file: string): Promise<void> {
  assert.equal((await mappings(["set", ONE, "--add-group", "on-call", "-y"])).code, 0);
  assert.equal((await mappings(["set", OTHER, "--description", "first", "-y"])).code, 0);
  const input = new PassThrough();
  const { code, err } = await mappings(["rollback", OTHER], {
    interactive: true,
    input,
    onLog: (text) => {
      if (!text.includes("[y/N]")) return;
      void mappings(["set", OTHER, "--description", "second", "-y"]).then((second) => {
        assert.equal(second.code, 0, second.err);
        input.end("y\n");
      });
    },
  });
  assert.equal(code, 1);
  assert.match(err, /Another operator changed \S+team-9-deploy in the meantime: it was version 2, it is now version 3/);
  const changed = await mappings(["diff", "--prune", "-f", "-"], { input: file });
  assert.match(changed.out, /description: second -> none\n0 to add, 2 to change, 0 to remove, /);
  assert.equal((await mappings(["rollback", ONE, "-y"])).code, 0);
  assert.equal((await mappings(["rollback", OTHER, "--to", "1", "-y"])).code, 0);
}

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
  const denied = groups.map(({ arn, count }: { arn: string; count: number }) => [arn, count]);
  assert.deepEqual(denied, [[session(0), 250]]);
  assert.equal((await cli(["reviews", "-c", "prod", "--log-group", "/none"])).code, 2);
});
