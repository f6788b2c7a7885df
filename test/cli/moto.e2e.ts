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
import { stringify } from "yaml";
import { denial } from "../../functions/errors.ts";
import { type CliOptions, cli, useLocalAws } from "./cli.ts";
import { exits } from "./mappings/cluster.ts";
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
  const isUp = () => fetch(url).then(Boolean, () => false);
  while (!(await isUp())) await setTimeout(200);
  useLocalAws({ AWS_ENDPOINT_URL_SSM: url, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url });
  await exits(cli("callers add first -c prod -y --new"), 0);
});
after(() => server.kill());

const READS = ["--read-rate", "1000"];
function mappings([verb = "", ...words]: readonly string[], options?: CliOptions) {
  const writes = ["apply", "set", "remove", "rollback"].includes(verb);
  const pace = writes ? ["--rate", "1000", ...READS] : ["get", "history"].includes(verb) ? [] : READS;
  return cli(["mappings", verb, ...words, ...pace, "-c", "prod"], options);
}

const ONE = "arn:aws:iam::111122223333:role/ci/team-7-deploy";
const OTHER = "arn:aws:iam::111122223333:role/team-9-deploy";
const ROLES = [
  { rolearn: "arn:aws:iam::111122223333:role/nodes", username: "system:node:{{EC2PrivateDNSName}}" },
  { rolearn: "arn:aws:iam::012345678901:role/Admin", username: "admin:{{SessionName}}", groups: ["system:masters"] },
  { rolearn: ONE, username: "replaced" },
  { rolearn: ONE, username: "team-7:{{SessionName}}", groups: ["team-7"] },
  { rolearn: OTHER, username: "team-9" },
];
const USERS = [{ userarn: "arn:aws:iam::111122223333:user/contractors/First.Last+1@example.com", username: "first" }];
const AWS_AUTH = stringify({
  kind: "ConfigMap",
  data: { mapRoles: stringify(ROLES), mapUsers: stringify(USERS), mapAccounts: '["012345678901"]' },
});

test("mappings are imported from aws-auth, changed by two operators, and exported to aws-auth", async () => {
  const { out: input, err } = await exits(cli("mappings import -f -", { input: AWS_AUTH }), 0);
  assert.match(err, /is skipped: line \d+, mapRoles \d+ \S+ is for the same principal and is later: /m);
  const isInPlace = () => exits(mappings(["diff", "--prune", "-f", "-"], { input }), 0);
  await exits(mappings(["apply", "-f", "-", "-y", "--allow-weakening"], { input }), 0, undefined, /\n6 to add, /);
  await isInPlace();

  await twoOperators(input);
  await isInPlace();
  const history = JSON.parse((await mappings(["history", ONE, "-o", "json"])).out);
  const groups = history.map(({ value }: { value: { groups: string[] } }) => value.groups.join());
  assert.deepEqual(groups, ["team-7", "team-7,on-call", "team-7"]);

  const exported = await exits(mappings(["export", "--format", "aws-auth"]), 0);
  assert.deepEqual(meaning(exported.out), meaning(AWS_AUTH));
  await exits(mappings(["remove", ONE, "-y"]), 0);
  await exits(mappings(["get", ONE]), 1);
  const refused = mappings(["apply", "--prune", "-f", "-", "-y"], { input: "mappings: []" });
  await exits(refused, 1, /^Refused: no administrator would surely remain/);
});

/** A second operator changes a mapping while the first reads a rollback's plan: both get a message, and no change is lost. */
async function twoOperators(file: string): Promise<void> {
  await exits(mappings(["set", ONE, "--add-group", "on-call", "-y"]), 0);
  await exits(mappings(["set", OTHER, "--description", "first", "-y"]), 0);
  const input = new PassThrough();
  const onLog = (text: string) => {
    if (!text.includes("[y/N]")) return;
    void exits(mappings(["set", OTHER, "--description", "second", "-y"]), 0).then(() => input.end("y\n"));
  };
  const changed = /Another operator changed \S+team-9-deploy in the meantime: it was version 2, it is now version 3/;
  await exits(mappings(["rollback", OTHER], { interactive: true, input, onLog }), 1, changed);
  const diff = await mappings(["diff", "--prune", "-f", "-"], { input: file });
  assert.match(diff.out, /description: second -> none\n0 to add, 2 to change, 0 to remove, /);
  await exits(mappings(["rollback", ONE, "-y"]), 0);
  await exits(mappings(["rollback", OTHER, "--to", "1", "-y"]), 0);
}

test("callers: add, list, remove", async () => {
  const callers = (...words: string[]) => cli(["callers", ...words, "-c", "prod"]);
  await exits(callers("add", "one", "-y"), 0);
  assert.match((await callers("list")).out, /first +accepted.*\none +accepted/);
  await exits(callers("remove", "first", "-y"), 0);
  await exits(callers("remove", "one", "-y"), 1);
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
