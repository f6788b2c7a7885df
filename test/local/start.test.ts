// `npm start` and `review` as users run them: concurrently, in the wrong order, and stopped by
// Ctrl-C.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join, relative } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SSM } from "@aws-sdk/client-ssm";
import { STS } from "@aws-sdk/client-sts";
import { webhookKubeconfig } from "../../cli/kube/kubeconfig.ts";
import { createCertificateAuthority } from "../../local/certificates.ts";
import { localIdentity, mintToken } from "../../local/identities.ts";
import {
  CLUSTER_ID,
  keepSecret,
  REGION,
  readSecret,
  sandboxFiles,
} from "../../local/sandbox-files.ts";
import { readWebhook, reviewToken } from "../../local/webhook.ts";
import manifest from "../../package.json" with { type: "json" };
import { keyVariables } from "../aws-variables.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { useFolder } from "../cli/fixtures.ts";
import { ONLY_IN_ALL } from "../extent.ts";
import { givePorts } from "../free-port.ts";

const START = "start.ts";
const REVIEW = "review.ts";
const TRY_CLUSTER = "test/e2e/try-cluster/try-cluster.ts";

type Run = ReturnType<typeof run>;

const folder = useFolder().path;
/** The folders of two sandboxes, and one that never has a sandbox. */
const shared = join(folder, "shared");
const other = join(folder, "other");
const none = join(folder, "none");
const running: ChildProcess[] = [];
let sandbox: Run;
before(async () => {
  for (const each of [shared, other, none]) mkdirSync(each);
  sandbox = await started(shared);
});
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

function run(of: string, script: string, ...args: string[]) {
  return runWith({}, of, script, ...args);
}

function runWith(variables: Record<string, string>, of: string, script: string, ...args: string[]) {
  const path = fileURLToPath(new URL(`../../local/${script}`, import.meta.url));
  const env = { ...process.env, LOCAL_FOLDER: of, ...variables };
  const child = spawn(process.execPath, [path, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.push(child);
  const printed = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    printed.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    printed.err += chunk;
  });
  const ended: Promise<unknown> = once(child, "close").then(([code, signal]) => code ?? signal);
  return { process: child as ChildProcess, printed, ended };
}

function started(of: string): Promise<Run> {
  return printed(run(of, START));
}

/** Waits until it has started. */
async function printed(start: Run): Promise<Run> {
  while (!start.printed.out.includes("Ctrl-C")) {
    const next = await Promise.race([
      start.ended,
      once(start.process.stdout ?? process.stdin, "data"),
    ]);
    assert.ok(Array.isArray(next), `npm start ended: ${start.printed.err}`);
  }
  return start;
}

const endpointOf = ({ printed }: Run): string => /is running at (\S+)/.exec(printed.out)?.[1] ?? "";
const notRunning = (seen: string) =>
  `The sandbox is not running: ${seen}. Start it in another terminal: npm start\n`;

for (const [typed, status, error, host = ""] of [
  ["review bob", 1, /^The sandbox is not running: \S+none\S+ not found/],
  ["review bobb", 2, /^Local identity bobb not found\.\nreview .*\nidentities: alice, .*bob/s],
  ["review --help", 2, /^review <identity>/],
  ["review bob bob bob", 2, /^Too many arguments: bob\.\nreview /],
  ["start", 2, /^LOCAL_HOST must be one IPv4 address, .*, not 0\.0\.0\.0\.\n$/, "0.0.0.0"],
  ["start", 1, /^LOCAL_HOST: 192\.0\.2\.1 is not an address of this machine\.\n$/, "192.0.2.1"],
  ["start --verbos", 2, /^Unknown argument --verbos\. Usage: npm start/],
] as const) {
  test(`${host && `LOCAL_HOST=${host} `}${typed} fails`, async () => {
    const [program, ...args] = typed.split(" ");
    const { ended, printed } = runWith({ LOCAL_HOST: host }, none, `${program}.ts`, ...args);
    assert.deepEqual([await ended, printed.out], [status, ""]);
    assert.match(printed.err, error);
  });
}

test("with LOCAL_STANDBY, reviews go on at the other sandbox", ONLY_IN_ALL, async () => {
  const primary = join(folder, "primary");
  process.env["LOCAL_STANDBY"] = none;
  const refused = run(primary, START);
  assert.deepEqual([await refused.ended, refused.printed.out], [1, ""]);
  assert.match(
    refused.printed.err,
    /^No sandbox is running in the folder of LOCAL_STANDBY: LOCAL_FOLDER=\S+none /,
  );
  process.env["LOCAL_STANDBY"] = shared;
  const start = await started(primary);
  delete process.env["LOCAL_STANDBY"];
  const pid = /^ +kill (\d+); review bob$/m.exec(start.printed.out)?.[1];
  const linesOf = (of: string) => readFileSync(sandboxFiles(of).log, "utf8").split("\n").length;
  for (const [answering, other] of [
    [primary, shared],
    [shared, primary],
  ] as const) {
    const here = linesOf(answering);
    const there = linesOf(other);
    const review = run(primary, REVIEW, "bob");
    assert.equal(await review.ended, 0);
    assert.match(review.printed.out, /^HTTP 200\n.*"authenticated": true/s);
    assert.deepEqual([linesOf(answering) - here, linesOf(other) - there], [1, 0]);
    if (answering === primary) process.kill(Number(pid));
  }
  start.process.kill("SIGKILL");
});

test("review detects another program on the sandbox's port by its certificate", async () => {
  const server = endpointOf(sandbox);
  const { ca: own = "" } = readWebhook(sandboxFiles(shared));
  keepSecret(sandboxFiles(none));
  for (const [ca, ended, out, err] of [
    [own, 0, /^HTTP 401\n.*"caller_refused: the bearer token is not in the list of callers/s, ""],
    [createCertificateAuthority().ca, 1, /^$/, notRunning(`another program uses ${server}`)],
  ] as const) {
    const kubeconfig = webhookKubeconfig({ server, ca, token: "of-a-removed-caller" });
    writeFileSync(sandboxFiles(none).kubeconfig, kubeconfig);
    const review = run(none, REVIEW, "bob");
    assert.deepEqual([await review.ended, review.printed.err], [ended, err]);
    assert.match(review.printed.out, out);
  }
});

test("npm start prints what to type first, then each grant and each denial with its reason", () => {
  const { out } = sandbox.printed;
  const [journey = "", identities = ""] = out.split("The local identities:");
  assert.match(journey, /^ {2}\. \S+\/env$/m);
  assert.ok(journey.includes("review contractor"));
  // Long lines are wrapped and indented.
  const lines = identities.replace(/\n {12}/g, " ");
  const rows = lines.matchAll(/^([a-z]+) +((?:granted|denied): .*)$/gm);
  const answers = new Map(Array.from(rows, ([, name, is]) => [name, is]));
  assert.deepEqual([...answers.keys()], ["alice", "carol", "node", "bob", "dan", "contractor"]);
  assert.equal(answers.get("bob"), "granted: dev:bob-example.com, groups developers");
  assert.match(answers.get("dan") ?? "", /^denied: identity_denied: .*deny\/111122223333$/);
  assert.match(
    answers.get("contractor") ?? "",
    /^denied: identity_unmapped: no mapping for \S+role\/Contractor$/,
  );
  checkOutput(sandbox, shared);
});

/** No build output, no JSON, no keys, at most a screen, and no line longer than 100 columns. */
function checkOutput({ printed }: Run, of: string): void {
  const inRepository = printed.out
    .replaceAll(relative(process.cwd(), of), ".local")
    .replaceAll(of, ".local");
  const lines = inRepository.replace("{SessionName}", "").trimEnd().split("\n");
  assert.ok(lines.length <= 36, `${lines.length} lines`);
  const unreadable = lines.filter((line) => line.length > 100 || /[{}]|AKIA|ASIA/.test(line));
  assert.deepEqual(unreadable, []);
}

test("a second npm start keeps the first one's files and prints its endpoint", async () => {
  const { kubeconfig, callerToken } = sandboxFiles(shared);
  const files = () => [kubeconfig, callerToken].map((file) => readFileSync(file, "utf8"));
  const earlier = files();
  const second = run(shared, START);
  assert.deepEqual([await second.ended, second.printed.out], [1, ""]);
  assert.equal(
    second.printed.err,
    `The sandbox is already running at ${endpointOf(sandbox)}. Stop it with Ctrl-C in its terminal, or start a second one in another folder: LOCAL_FOLDER=.local-2 npm start\n`,
  );
  assert.deepEqual(files(), earlier);
});

test("npm start and npm run try:cluster build dist/, but not while the sandbox is running", async () => {
  for (const [name, program] of Object.entries({
    start: "local/start.ts",
    "try:cluster": TRY_CLUSTER,
  })) {
    const script: string = manifest.scripts[name as keyof typeof manifest.scripts];
    assert.equal(script, `node local/build.ts && node ${program}`);
  }
  const programs = join(folder, "programs");
  const log = join(folder, "npm.log");
  mkdirSync(programs);
  writeFileSync(join(programs, "npm"), `#!/bin/sh\necho "$@" >> '${log}'\nexit 3\n`, {
    mode: 0o755,
  });
  const PATH = `${programs}${delimiter}${process.env["PATH"]}`;
  for (const [of, ended, calls] of [
    [shared, 0, ""],
    [none, 3, "run --silent build\n"],
  ] as const) {
    assert.equal(await runWith({ PATH }, of, "build.ts").ended, ended);
    assert.equal(existsSync(log) ? readFileSync(log, "utf8") : "", calls);
  }
});

test("npm start in another folder runs beside the first", async () => {
  const second = await started(other);
  assert.notEqual(endpointOf(second), endpointOf(sandbox));
  checkOutput(second, other);
  const { secret, serviceAccountKey } = sandboxFiles(other);
  const kept = () => [secret, serviceAccountKey].map((file) => readFileSync(file, "utf8"));
  const before = kept();
  const modes = [other, secret].map((path) => statSync(path).mode & 0o777);
  assert.deepEqual(modes, [0o700, 0o600]);
  for (const [of, isKnown] of [
    [other, true],
    [shared, false],
  ] as const) {
    const identity = localIdentity("bob", readSecret(sandboxFiles(of)));
    const token = await mintToken({ identity, clusterId: CLUSTER_ID, region: REGION });
    const { review } = await reviewToken(sandboxFiles(other), token);
    assert.equal(review.status.authenticated, isKnown, of);
  }
  second.process.kill("SIGINT");
  assert.deepEqual([await second.ended, second.printed.err], [0, ""]);

  const review = run(other, REVIEW, "bob");
  assert.deepEqual(
    [await review.ended, review.printed.err],
    [1, notRunning(`no response from ${endpointOf(second)}`)],
  );

  // Ctrl-C also stops a start that is not complete.
  const again = run(other, START);
  await once(again.process.stdout ?? process.stdin, "data");
  again.process.kill("SIGINT");
  assert.deepEqual([await again.ended, again.printed.err], [0, ""]);
  // Credentials of an earlier start stay valid.
  assert.deepEqual(kept(), before);
});

test("a restart keeps port, authority and caller token", ONLY_IN_ALL, async (t) => {
  const restarted = join(folder, "re:started");
  const { kubeconfig, callerToken, mappings } = sandboxFiles(restarted);
  await givePorts(restarted);
  const files = [kubeconfig, callerToken, join(mappings, "callers.yaml")];
  const kept = () => files.map((file) => readFileSync(file, "utf8"));
  const first = await started(restarted);
  const { port } = new URL(endpointOf(first));
  const earlier = kept();
  first.process.kill("SIGINT");
  await first.ended;
  const second = await started(restarted);
  assert.deepEqual(kept(), earlier);
  assert.doesNotMatch(second.printed.out, /Another program/);
  second.process.kill("SIGINT");
  await second.ended;

  const occupied = createServer().listen(Number(port), "127.0.0.1");
  t.after(() => occupied.close());
  await once(occupied, "listening");
  const third = await started(restarted);
  assert.match(
    third.printed.out,
    new RegExp(
      `^Another program uses the last start's port ${port}[.] .*Restart\\s+a\\s+kube-apiserver`,
      "ms",
    ),
  );
  assert.match(third.printed.out, /^PATH cannot contain \S+re:started\/bin:\s+remove\s+":"/m);
  assert.deepEqual(kept().slice(1), earlier.slice(1));
  assert.equal(readWebhook(sandboxFiles(restarted)).server, endpointOf(third));
  third.process.kill("SIGKILL");
});

/** The URLs of STS and Parameter Store. */
function urlsOf(of: string): [sts: string, store: string] {
  const { sts, store } = JSON.parse(readFileSync(sandboxFiles(of).ports, "utf8"));
  return [`http://127.0.0.1:${sts}`, `http://127.0.0.1:${store}`];
}

test("the command and the AWS SDK write mappings of the sandbox, and the function reads them", async () => {
  const ssm = storeOf(urlsOf(shared)[1], shared);
  useLocalAws({ ...ssm.variables, AWS_REGION: REGION });
  const file = join(sandboxFiles(shared).mappings, "role/111122223333/contractor.yaml");
  const arn = "arn:aws:iam::111122223333:role/Contractor";
  const set = [
    "mappings",
    "set",
    arn,
    "--username",
    "c",
    "--group",
    "a",
    "-c",
    CLUSTER_ID,
    "--yes",
  ];
  const { code, err } = await cli(set);
  assert.equal(code, 0, err);
  assert.equal(readFileSync(file, "utf8"), `arn: ${arn}\nusername: c\ngroups:\n  - a\n`);
  writeFileSync(file, readFileSync(file, "utf8").replace("- a", "- b"));
  const { out } = await cli([
    "mappings",
    "history",
    "role/111122223333/contractor",
    "-c",
    CLUSTER_ID,
    "-o",
    "json",
  ]);
  assert.deepEqual(out.match(/(?<="version": )\d/g), ["2", "1"]);
  assert.equal((await ssm.put("/iam-authenticator/local/account/111122223333", "{}")).Version, 1);
  const stranger = storeOf(ssm.variables.AWS_ENDPOINT_URL_SSM, none);
  await assert.rejects(stranger.put("/iam-authenticator/local/account/444455556666", "{}"), {
    name: "UnrecognizedClientException",
  });
});

/** Parameter Store at `url`, as carol of the sandbox `of`. */
function storeOf(url: string, of: string) {
  const carol = localIdentity("carol", keepSecret(sandboxFiles(of)));
  const client = new SSM({ endpoint: url, region: REGION, credentials: carol });
  return {
    variables: { AWS_ENDPOINT_URL_SSM: url, ...keyVariables(carol) },
    put: (Name: string, Value: string) => client.putParameter({ Name, Value, Type: "String" }),
  };
}

test("with LOCAL_HOST, containers reach STS and Parameter Store, and nothing else", async () => {
  const bridged = join(folder, "bridged");
  const bridge = "127.0.0.2";
  mkdirSync(bridged);
  spawnSync("git", ["init", "--quiet", folder]);
  const start = await printed(runWith({ LOCAL_HOST: bridge }, bridged, START));
  const [sts = "", store = ""] = urlsOf(bridged).map((url) => url.replace("127.0.0.1", bridge));
  const bob = localIdentity("bob", readSecret(sandboxFiles(bridged)));
  const caller = new STS({ endpoint: sts, region: REGION, credentials: bob });
  assert.equal((await caller.getCallerIdentity()).Arn, bob.arn);
  assert.equal(
    (await storeOf(store, bridged).put("/iam-authenticator/local/account/1", "{}")).Version,
    1,
  );
  await assert.rejects(storeOf(store, shared).put("/iam-authenticator/local/account/2", "{}"), {
    name: "UnrecognizedClientException",
  });
  const { port } = new URL(endpointOf(start));
  const refused = connect(Number(port), bridge);
  assert.equal((await once(refused, "error"))[0].code, "ECONNREFUSED");
  // The folder of this test is now a work tree.
  assert.match(start.printed.err, /^git does not ignore \S+bridged, which contains secrets\. /);
  start.process.kill("SIGKILL");
});
