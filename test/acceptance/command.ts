// The acceptance command: confirms, runs checks, prints a table, writes a report and sets the exit
// code.

import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { isObject, parseJson } from "../../functions/lib/json.ts";
import { ROOT } from "../infra/cdk-cli.ts";
import { awsOf, unlessMissing } from "./aws.ts";
import { concurrencyOf, NOT_CHECKED } from "./deployments.ts";
import { type Account, accountOf } from "./identities.ts";
import {
  announcement,
  HELP,
  type KeptRun,
  minutesOf,
  type Options,
  RUN_FILE,
  readOptions,
} from "./options.ts";
import { type RealWorld, realWorld } from "./real-world.ts";
import { REMOVAL } from "./removal.ts";
import { fileName, isGood, markdown, type Run, summary, textTable } from "./report.ts";
import { type Check, runChecks } from "./runner.ts";
import { mustRun } from "./site.ts";

const AWS = "AWS";
const SEND =
  "Please send it: open an issue or a pull request of this project with the file. It has no account id, key, token, name or address.";
const EXIT = { good: 0, bad: 1, usage: 2, interrupted: 130 };

/**
 * Sets `process.exitCode`: 0 if every row passed or had no input, 1 otherwise, 2 if the run cannot
 * start, 130 after Ctrl-C.
 */
export async function acceptance(all: readonly Check[]): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes("--help")) {
    process.stdout.write(HELP);
    return;
  }
  try {
    const options = readOptions(argv, process.env);
    if (options.dryRun) {
      process.stdout.write(await dryRun(all, options));
      return;
    }
    if (options.region === undefined)
      throw new Error("No region. Give --region, or set AWS_REGION.");
    const world = realWorld(options.region);
    deleteAtExit(world.folder);
    process.exitCode = await acceptanceIn(world, AWS, all, options);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = EXIT.usage;
  }
}

/** What a run with these options would print before it asks, and the resources of its first stack. */
export async function dryRun(all: readonly Check[], options: Options): Promise<string> {
  const { clusterId, region = "the Region of --region", inputs, keep } = options;
  const text = announcement(
    `the account of the credentials, ${region}`,
    clusterId,
    chooseChecks(all, options),
    {
      keep,
      enableSigning: inputs.enableTokenSigning,
      limit: "not checked: --dry-run",
      ends: "their end was not checked",
      folder: join(".acceptance", clusterId),
    },
  );
  // Imported on demand, since it loads CDK, which takes seconds.
  const { resourcesOfStack } = await import("./dry-run.ts");
  const resources = resourcesOfStack(clusterId).map((line) => `  ${line}\n`);
  return `${text}
The stack of the cluster has these resources:
${resources.join("")}
--dry-run: nothing was created, and AWS was not called.
`;
}

/**
 * The folder contains caller tokens. `finally` would not run after the last Ctrl-C, which exits at
 * once.
 */
export function deleteAtExit(folder: string): void {
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
}

/**
 * `place` is "AWS" or an emulator's name. Returns the exit code; throws if the run cannot start.
 */
export async function acceptanceIn(
  world: RealWorld,
  place: string,
  all: readonly Check[],
  options: Options,
  folders = {
    reports: join(ROOT, "test", "acceptance", "reports"),
    runs: join(ROOT, ".acceptance"),
  },
): Promise<number> {
  const { clusterId, keep, inputs } = options;
  const chosen = chooseChecks(all, options);
  const programs = await programsOf(world);
  const aws = awsOf(world);
  const account = await accountOf(aws);
  // An emulator's identity is root.
  const minutes = minutesOf(chosen);
  if (place === AWS) await checkCredentials(world, account, options.hasKeys);
  const ends = await endOfCredentials(world, options.remove ? 0 : minutes);
  await checkBootstrap(world, inputs.qualifier);
  const keeps = keep && !options.remove;
  const executions = await concurrencyOf(aws);
  const limit =
    executions === undefined ? NOT_CHECKED : `${executions.total} concurrent executions`;
  const folder = join(folders.runs, clusterId);
  const effects = {
    keep: keeps,
    enableSigning: inputs.enableTokenSigning,
    limit,
    ends,
    folder: relative(ROOT, folder),
  };
  const there = `account ${account.id}, ${world.region}`;
  world.print(announcement(there, clusterId, chosen, effects));
  if (!options.yes) await ask();
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, RUN_FILE),
    JSON.stringify({ clusterId, region: world.region } satisfies KeptRun),
  );

  const signals = listen(world, effects.folder);
  const start = world.now();
  const runOptions = { clusterId, checks: chosen, inputs, keep: keeps };
  const { rows, isInterrupted } = await runChecks(world, runOptions, signals.removing);
  signals.stop();
  // Nothing is left to remove.
  if (rows.filter(({ check, verdict }) => check === REMOVAL && verdict === "passed").length === 3) {
    rmSync(folder, { recursive: true });
  }

  const titles = Object.fromEntries(all.map(({ number, title }) => [number, title]));
  const facts = {
    place,
    region: world.region,
    clusterId,
    start,
    end: world.now(),
    commit: commitOf(),
    programs,
  };
  const run: Run = {
    ...facts,
    isInterrupted,
    isShort: options.short,
    titles: { ...titles, [REMOVAL]: "Removal" },
  };
  world.print(textTable(rows));
  if (!options.remove) {
    mkdirSync(folders.reports, { recursive: true });
    const file = join(folders.reports, fileName(run));
    writeFileSync(file, markdown(run, rows));
    world.print(`Report: ${file}\n${SEND}`);
  }
  world.print(summary(rows));
  if (isInterrupted) return EXIT.interrupted;
  return isGood(rows) ? EXIT.good : EXIT.bad;
}

function chooseChecks(all: readonly Check[], { remove, short, only }: Options): readonly Check[] {
  if (remove) return [];
  if (short) return all.filter((check) => check.short !== undefined);
  return all.filter((check) =>
    only.length === 0 ? check.short !== "only" : only.includes(check.number),
  );
}

async function ask(): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new Error("Cannot ask for confirmation: standard input is not a terminal. Use --yes.");
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question("Continue? [y/N] ");
  lines.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error("Canceled. No resources were created.");
}

/**
 * Ctrl-C stops the checks. During the removal, the first one prints how to continue, and the second
 * one exits.
 */
function listen(world: RealWorld, folder: string) {
  let isRemoving = false;
  let count = 0;
  const onSignal = () => {
    if (!isRemoving) {
      world.print("Interrupted. Removing all created resources; this may take some minutes.");
      world.interrupt();
      return;
    }
    count += 1;
    world.print(
      `The removal is not complete. To continue later: npm run acceptance -- --remove ${folder}`,
    );
    if (count > 1) process.exit(EXIT.interrupted);
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    removing() {
      isRemoving = true;
      world.resume();
    },
    stop() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

async function programsOf(world: RealWorld): Promise<string[]> {
  const aws = await mustRun(world.run("aws", ["--version"]));
  const cdk = await mustRun(world.run("cdk", ["--version"]));
  return [
    aws.split(" ")[0] ?? "",
    `cdk/${cdk.split(" ")[0]?.trim()}`,
    `node/${process.versions.node}`,
  ];
}

const LONGER =
  "Use a longer session: duration_seconds = 25200 in the profile, and at least as much as the role's maximum session duration. Or run some checks at a time: --only, or --short.";

/**
 * When the credentials end, as the AWS CLI knows it: not for keys in the environment, unless
 * AWS_CREDENTIAL_EXPIRATION is set. Throws if that is too early.
 * https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
 */
async function endOfCredentials(world: RealWorld, minutes: number): Promise<string> {
  const { exitCode, stdout } = await world.run("aws", [
    "configure",
    "export-credentials",
    "--format",
    "process",
  ]);
  const exported = exitCode === 0 ? parseJson(stdout) : undefined;
  if (!isObject(exported)) return "their end is not known";
  const end = Date.parse(String(exported["Expiration"]));
  if (Number.isNaN(end))
    return exported["SessionToken"] ? "their end is not known" : "they do not end";
  const left = Math.floor((end - world.now()) / 60_000);
  if (left >= minutes) return `they end in ${left} minutes`;
  throw new Error(
    `The credentials end in ${left} minutes, and this run takes about ${minutes}. ${LONGER}`,
  );
}

/** A run starts hundreds of programs, each of which would ask for an MFA code. */
async function checkCredentials(
  world: RealWorld,
  { isRoot }: Account,
  hasKeys: boolean,
): Promise<void> {
  const session = 'eval "$(aws configure export-credentials --format env)" && unset AWS_PROFILE';
  if (isRoot) {
    const end = "If that profile is not the default one, export its credentials:";
    throw new Error(
      `The root user cannot assume roles. Sign in as an IAM role or user. ${end}\n  ${session}`,
    );
  }
  if (hasKeys) return;
  const { exitCode, stdout } = await world.run("aws", ["configure", "get", "mfa_serial"]);
  if (exitCode !== 0 || stdout.trim() === "") return;
  throw new Error(
    `The profile has mfa_serial, and each call would ask for a code. Enter one code, and run this again:\n  ${session}`,
  );
}

/** This command does not run `cdk bootstrap`, which changes the account. */
async function checkBootstrap(world: RealWorld, qualifier = "hnb659fds"): Promise<void> {
  const call = awsOf(world)("ssm", "get-parameter", {
    Name: `/cdk-bootstrap/${qualifier}/version`,
  });
  if ((await unlessMissing(call)) !== undefined) return;
  const options =
    qualifier === "hnb659fds"
      ? ""
      : ` --qualifier ${qualifier} --toolkit-stack-name CDKToolkit-${qualifier}`;
  throw new Error(
    `CDK is not bootstrapped in ${world.region} of this account. Run: npx cdk bootstrap${options}`,
  );
}

function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  return `${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " and changes"}`;
}
