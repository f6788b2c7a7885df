// `npm start` and `npm run review` as users run them: concurrently, in the wrong order, and stopped by Ctrl-C.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeProtectedHeader } from "jose";
import { webhookKubeconfig } from "../../cli/kubeconfig/webhook.ts";
import { localIdentity } from "../../local/identities.ts";
import { sandboxFiles } from "../../local/sandbox-settings.ts";
import { reviewToken } from "../../local/webhook.ts";
import { cli, useLocalAws } from "../cli/cli.ts";
import { post } from "../post.ts";

const START = "start.ts";
const REVIEW = "review.ts";
const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Run {
  readonly process: ChildProcess;
  readonly printed: { out: string; err: string };
  /** Exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "local-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function run(t: TestContext, folder: string, script: string, ...args: string[]): Run {
  const path = fileURLToPath(new URL(`../../local/${script}`, import.meta.url));
  const env = { ...process.env, LOCAL_FOLDER: folder };
  const child = spawn(process.execPath, [path, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const printed = { out: "", err: "" };
  child.stdout.on("data", (chunk) => {
    printed.out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    printed.err += chunk;
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  return { process: child, printed, ended };
}

/** Resolves when its output is complete. */
async function started(t: TestContext, folder: string, ...args: string[]): Promise<Run> {
  const running = run(t, folder, START, ...args);
  while (!running.printed.out.includes("Ctrl-C")) {
    const next = await Promise.race([running.ended, once(running.process.stdout ?? process.stdin, "data")]);
    assert.ok(Array.isArray(next), `npm start ended: ${running.printed.err}`);
  }
  return running;
}

const endpointOf = ({ printed }: Run): string => /is running at (\S+)/.exec(printed.out)?.[1] ?? "";

test("npm run review fails without npm start", async (t) => {
  const folder = folderOf(t);
  const review = run(t, folder, REVIEW, "bob");
  assert.equal(await review.ended, 1);
  assert.deepEqual(review.printed, {
    out: "",
    err: `The sandbox is not running: ${sandboxFiles(folder).kubeconfig} not found. Start it in another terminal: npm start\n`,
  });
});

test("npm run review reports an unknown identity and lists the known ones", async (t) => {
  const review = run(t, folderOf(t), REVIEW, "bobb");
  assert.equal(await review.ended, 2);
  assert.match(review.printed.err, /^Local identity bobb not found\.\nnpm run .*\nidentities: alice, .*bob/s);
});

test("npm run review rejects a third argument", async (t) => {
  const review = run(t, folderOf(t), REVIEW, "bob", "bob", "bob");
  assert.equal(await review.ended, 2);
  assert.match(review.printed.err, /^Too many arguments: bob\.\nnpm run /);
});

test("npm run review detects another program on the sandbox's port", async (t) => {
  const folder = folderOf(t);
  const elsewhere = await started(t, folderOf(t));
  const server = endpointOf(elsewhere);
  writeFileSync(sandboxFiles(folder).kubeconfig, webhookKubeconfig({ server, token: "of a sandbox that was stopped" }));
  const review = run(t, folder, REVIEW, "bob");
  assert.equal(await review.ended, 1);
  const seen = `another program uses ${server}`;
  assert.equal(review.printed.err, `The sandbox is not running: ${seen}. Start it in another terminal: npm start\n`);
});

test("npm run review prints the running sandbox's response", async (t) => {
  const folder = folderOf(t);
  await started(t, folder);
  const review = run(t, folder, REVIEW, "bob");
  assert.deepEqual([await review.ended, review.printed.err], [0, ""]);
  assert.match(review.printed.out, /^HTTP 200\n\{/);
  assert.match(review.printed.out, /"username": "dev:bob-example\.com"/);
});

test("npm start prints each grant and each denial with its reason on one line", async (t) => {
  const { printed } = await started(t, folderOf(t));
  // Long lines are wrapped and indented.
  const lines = printed.out.replace(/\n {12}/g, " ");
  const answers = new Map(
    [...lines.matchAll(/^([a-z]+) +((?:granted|denied): .*)$/gm)].map(([, name, is]) => [name, is]),
  );
  assert.deepEqual([...answers.keys()], ["alice", "carol", "node", "bob", "dan", "contractor"]);
  assert.equal(answers.get("bob"), "granted: dev:bob-example.com, groups developers");
  assert.match(answers.get("dan") ?? "", /^denied: identity_denied: .*deny\/111122223333$/);
  assert.match(answers.get("contractor") ?? "", /^denied: identity_unmapped: no mapping for \S+role\/Contractor$/);
});

for (const [what, args, most] of [
  ["one screen", [], 24],
  ["details with --verbose", ["--verbose"], 60],
] as const) {
  test(`npm start prints ${what}: no build output, no JSON, and no line longer than 100 columns`, async (t) => {
    const folder = folderOf(t);
    const { printed } = await started(t, folder, ...args);
    const inRepository = printed.out.replaceAll(relative(process.cwd(), folder), ".local").replaceAll(folder, ".local");
    const lines = inRepository.replaceAll("LOCAL_FOLDER=.local ", "").trimEnd().split("\n");
    assert.ok(lines.length <= most, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => line.replace(/ {3,}/g, "  ").length > 100 || /[{}]/.test(line)),
      [],
    );
    assert.equal(/AWS_ACCESS_KEY_ID=/.test(printed.out), args.length > 0);
    // Does not run the build, which would empty folders that other tests read.
    for (const build of ["infra/bundle/build.ts", "cli/build.ts"]) {
      assert.doesNotMatch(readFileSync(join(ROOT, build), "utf8"), /console\.log/, build);
    }
  });
}

test("npm start rejects an unknown argument", async (t) => {
  const start = run(t, folderOf(t), START, "--verbos");
  assert.equal(await start.ended, 2);
  assert.equal(start.printed.err, "Unknown argument --verbos. Usage: npm start [-- --verbose]\n");
});

test("npm start logs in as a Pod with its service account's role and prints one line per step", async (t) => {
  const folder = folderOf(t);
  const { printed } = await started(t, folder, "--verbose");
  const [, steps = ""] = /^A Pod of another cluster logs in.*\n((?: {2}.*\n)+)/m.exec(printed.out) ?? [];
  const [issuer = "", ...others] = steps.trimEnd().split("\n");
  assert.deepEqual(others, [
    "  token: system:serviceaccount:ci:deployer, for sts.amazonaws.com, signed by that key",
    "  AssumeRoleWithWebIdentity: arn:aws:sts::111122223333:assumed-role/Deployer/deployer-0",
    "  review: granted: ci-deployer, groups deployers",
  ]);

  const url = /https:\S+$/.exec(issuer)?.[0] ?? "";
  const { serviceAccountToken, issuerCa } = sandboxFiles(folder);
  const { text } = await post(url, { method: "GET", tls: { ca: readFileSync(issuerCa, "utf8") } });
  const { kid } = decodeProtectedHeader(readFileSync(serviceAccountToken, "utf8"));
  assert.deepEqual(
    JSON.parse(text).keys.map((key: { kid: string }) => key.kid),
    [kid],
  );
});

test("npm start keeps the service account key, so tokens of an earlier start stay valid", async (t) => {
  const folder = folderOf(t);
  const first = await started(t, folder);
  const { serviceAccountKey } = sandboxFiles(folder);
  const key = readFileSync(serviceAccountKey, "utf8");
  first.process.kill("SIGINT");
  await first.ended;
  await started(t, folder);
  assert.equal(readFileSync(serviceAccountKey, "utf8"), key);
});

test("a second npm start keeps the first one's files and prints its endpoint", async (t) => {
  const folder = folderOf(t);
  const first = await started(t, folder);
  const { kubeconfig, callerToken } = sandboxFiles(folder);
  const before = [kubeconfig, callerToken].map((file) => readFileSync(file, "utf8"));

  const second = run(t, folder, START);
  assert.equal(await second.ended, 1);
  assert.equal(second.printed.out, "");
  assert.equal(
    second.printed.err,
    `The sandbox is already running at ${endpointOf(first)}. Stop it with Ctrl-C in its terminal, or start a second one in another folder: LOCAL_FOLDER=.local-2 npm start\n`,
  );

  assert.deepEqual(
    [kubeconfig, callerToken].map((file) => readFileSync(file, "utf8")),
    before,
  );
  assert.equal(await run(t, folder, REVIEW, "bob").ended, 0);
});

test("a second npm start in another folder runs beside the first", async (t) => {
  const [first, second] = [await started(t, folderOf(t)), await started(t, folderOf(t))];
  assert.notEqual(endpointOf(first), endpointOf(second));
});

test("Ctrl-C stops npm start with exit code 0, an empty stderr, and no sandbox left", async (t) => {
  const folder = folderOf(t);
  const first = await started(t, folder);
  first.process.kill("SIGINT");
  assert.deepEqual([await first.ended, first.printed.err], [0, ""]);

  const review = run(t, folder, REVIEW, "bob");
  assert.equal(await review.ended, 1);
  assert.equal(
    review.printed.err,
    `The sandbox is not running: no response from ${endpointOf(first)}. Start it in another terminal: npm start\n`,
  );
  await started(t, folder);
});

test("Ctrl-C stops npm start cleanly during startup", async (t) => {
  const starting = run(t, folderOf(t), START);
  await once(starting.process.stdout ?? process.stdin, "data");
  starting.process.kill("SIGINT");
  assert.deepEqual([await starting.ended, starting.printed.err], [0, ""]);
});

test("iam-authenticator reviews prints grants and denials of the sandbox's log", async (t) => {
  const { printed } = await started(t, folderOf(t), "--verbose");
  const [, url = ""] = /AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=(\S+)/.exec(printed.out) ?? [];
  const [, group = ""] = /--log-group (\S+)/.exec(printed.out) ?? [];
  useLocalAws({ AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url });
  const { code, out } = await cli(["reviews", "-c", "local", "--log-group", group, "-o", "json"]);
  assert.equal(code, 0);
  const outcomes = JSON.parse(out).map((one: { arn: string; outcome: string }) => [one.arn, one.outcome]);
  for (const [name, outcome] of [
    ["alice", "granted"],
    ["contractor", "denied"],
    ["dan", "denied"],
  ]) {
    assert.deepEqual(
      outcomes.find(([arn]: [string]) => arn === localIdentity(name ?? "").arn),
      [localIdentity(name ?? "").arn, outcome],
    );
  }
});

test("the sandbox grants a token of iam-authenticator token --jwt", async (t) => {
  const folder = folderOf(t);
  const { printed } = await started(t, folder, "--verbose");
  const [, url = ""] = /AWS_ENDPOINT_URL_STS=(\S+) \\\n +npx \S+ token -c local --jwt \|/.exec(printed.out) ?? [];
  const { accessKeyId, secretAccessKey } = localIdentity("alice");
  useLocalAws({ AWS_ENDPOINT_URL_STS: url, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey });
  const { code, out, err } = await cli(["token", "-c", "local", "--jwt", "--token-only"]);
  assert.equal(code, 0, err);
  const { review } = await reviewToken(sandboxFiles(folder), out.trim());
  assert.equal(review.status.user?.username, "alice");
});
