// Runs every command that writes beside a colleague who writes the same parameter before one of its
// calls, with a fault at a later call, and finds what is lost without a report.
//
// node beside-faults.ts [<number> <seed>]: all cases, or so many random ones. With PART=1/2, all of
// the first half. Prints each case that is wrong, and the number of cases.

import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DefaultRateLimiter } from "@smithy/core/retry";
import fc from "fast-check";
import { parseJson } from "../../../functions/lib/json.ts";
import type { Fault, LocalRequest } from "../../../local/aws/http-server.ts";
import { createCertificateAuthority } from "../../../local/certificates.ts";
import { ec, rsa } from "../../functions/issuer/samples.ts";
import { answering, ssmThrottling } from "../../local/aws/service-faults.ts";
import type { MemoryStore } from "../../local-aws.ts";
import { type CliResult, cli, wordsOf } from "../cli.ts";
import { PREFIX, storedCluster } from "../commands/mappings/cluster.ts";

const A = "111122223333";
const arn = (resource: string) => `arn:aws:iam::${A}:${resource}`;
const [CI, DENY, PATTERN] = [`role/${A}/ci`, `deny/${A}`, `pattern/${A}`];
const SESSIONS = `sso-session/${A}/view`;
const [OLD, NEW] = [rsa().jwk, ec("P-256").jwk];
const ci = (more: object = {}) => ({ arn: arn("role/ci"), username: "ci", ...more });
const caller = (name: string) => ({ name, sha256: "0".repeat(64) });
const denial = (name: string) => ({ arnLike: arn(`user/${name}`) });
const named = (name: string) => ({ name });
const pattern = (name: string) => ({ arnLike: arn(`role/${name}-*`), username: name });
const person = (name: string) => ({ session: name, username: name });

interface Command {
  readonly words: string;
  readonly input?: string;
  /** Values by name. `kept` and `dropped` are entries; a colleague may remove the second. */
  readonly stored: Readonly<Record<string, unknown>>;
  /** The parameter that a colleague writes, too. */
  readonly at: string;
  /** A list's entry. Without it, the parameter has one value. */
  readonly entryOf?: (name: string) => object;
  /** Where the command writes instead, if AWS refuses the write of `at`. */
  readonly instead?: string;
  /** Whether the text is what the command wants, alone or beside what others want. */
  readonly isDone: (text: string | undefined) => boolean;
}

const has = (part: string) => (text?: string) => text?.includes(part) === true;
const lacks = (part: string) => (text?: string) => text?.includes(part) !== true;
const isGone = (text?: string) => text === undefined;
const lists = (at: string, entryOf: (name: string) => object, ...names: string[]) => ({
  stored: { [at]: ["kept", "dropped", ...names].map(entryOf) },
  ...{ at, entryOf },
});
const callers = lists("callers", caller, "leaked");
const denials = lists(DENY, denial, "mallory");
const role = { stored: { [CI]: ci() }, at: CI };
const file = JSON.stringify({
  mappings: [ci({ groups: ["mine"] })],
  deny: ["kept", "dropped", "eve"].map(denial),
});
const key = (jwk: object, kid: string) => ({ [`issuer/${kid}`]: jwk });
const { ca } = createCertificateAuthority();
/** Nothing listens there. */
const server = "https://127.0.0.1:1";
const published = { format: 1, server: "https://10.0.0.1", certificateAuthority: ca };
const publication = {
  words: `kubeconfig client --publish --server ${server} --ca - --allow-weakening`,
  input: ca,
  at: "cluster/prod",
  isDone: has(server),
};

// biome-ignore format: a table
export const COMMANDS: Readonly<Record<string, Command>> = {
  "set a role": { ...role, words: `mappings set ${arn("role/ci")} --username mine`, isDone: has('"mine"') },
  "set a new role": { stored: {}, at: CI, words: `mappings set ${arn("role/ci")} --username mine`, isDone: has('"mine"') },
  "set a pattern": { ...lists(PATTERN, pattern), words: `mappings set ${arn("role/mine-*")} --username mine`, isDone: has("mine-*") },
  "set a session": { ...lists(SESSIONS, person), words: `mappings set sso/${A}/View --session mine --username mine`, isDone: has('"mine"') },
  "remove a role": { ...role, words: `mappings remove ${arn("role/ci")}`, isDone: isGone },
  "remove an account": { stored: { [`account/${A}`]: { username: "z" } }, at: `account/${A}`, words: `mappings remove account/${A}`, isDone: isGone },
  "remove a pattern": { ...lists(PATTERN, pattern, "old"), words: `mappings remove ${arn("role/old-*")}`, isDone: lacks("old-*") },
  deny: { ...denials, words: `mappings deny ${arn("user/eve")}`, isDone: has("user/eve") },
  "deny, as the first": { ...denials, stored: {}, words: `mappings deny ${arn("user/eve")}`, isDone: has("user/eve") },
  "deny a name": { ...lists("deny/any", named), words: "mappings deny eve --person", instead: DENY, isDone: has("eve") },
  allow: { ...denials, words: `mappings allow ${arn("user/mallory")}`, isDone: lacks("mallory") },
  "apply, beside a role": { stored: { ...denials.stored, ...role.stored }, at: CI, words: "mappings apply -f -", input: file, isDone: has('"mine"') },
  "apply, beside denials": { ...denials, stored: { ...denials.stored, ...role.stored }, words: "mappings apply -f - --prune-denials", input: file, isDone: (text) => has("eve")(text) && lacks("mallory")(text) },
  edit: { ...role, words: `mappings edit ${arn("role/ci")}`, isDone: has('"mine"') },
  "roll back a role": { ...role, words: `mappings rollback ${CI} --to 1`, isDone: has('"was"') },
  "roll back a list": { ...denials, words: `mappings rollback ${DENY} --to 1`, isDone: has("user/was") },
  "callers add": { ...callers, words: "callers add mine", isDone: has('"mine"') },
  "callers add, as the first": { ...callers, stored: {}, words: "callers add mine", isDone: has('"mine"') },
  "callers remove": { ...callers, words: "callers remove leaked", isDone: lacks("leaked") },
  "irsa keys publish": { stored: key(OLD, OLD.kid), at: `issuer/${NEW.kid}`, words: "irsa keys publish --jwks -", input: JSON.stringify({ keys: [NEW] }), isDone: has(NEW.kid) },
  "irsa keys publish, over an invalid key": { stored: { ...key(OLD, OLD.kid), ...key({}, NEW.kid) }, at: `issuer/${NEW.kid}`, words: "irsa keys publish --jwks -", input: JSON.stringify({ keys: [NEW] }), isDone: has(NEW.kid) },
  "irsa keys retire": { stored: { ...key(OLD, OLD.kid), ...key(NEW, NEW.kid) }, at: `issuer/${OLD.kid}`, words: `irsa keys retire issuer/${OLD.kid} --force`, isDone: isGone },
  "publish a cluster": { ...publication, stored: { "cluster/prod": published } },
  "publish a cluster, as the first": { ...publication, stored: {} },
};

/** What the colleague does in a list. In a single value, they always change the description. */
const ACTS = ["adds", "removes", "fills"] as const;
type Act = (typeof ACTS)[number];
/** The lists in which they do more than add an entry. */
const VARIED = ["deny", "callers add", "set a session"];

const refused = (name: string, status = 400) =>
  answering(status, JSON.stringify({ __type: name, message: "no" }));

interface FaultOfCall {
  readonly fault: Fault;
  readonly on?: RegExp;
  /** Whether the store has carried out the call, whose answer is then the fault. */
  readonly isApplied?: true;
  /** Whether the SDK's repetition of the call succeeds. */
  readonly isOnce?: true;
}
const afterWrite = (body: string): FaultOfCall => ({
  fault: answering(200, body),
  on: /Put/,
  isApplied: true,
});
const LOST: FaultOfCall = { fault: { kind: "reset" }, on: /Put|Delete/, isApplied: true };

const FAULTS: Readonly<Record<string, FaultOfCall>> = {
  denied: { fault: refused("AccessDeniedException") },
  throttled: { fault: ssmThrottling() },
  "an outage": { fault: refused("InternalServerError", 500) },
  expired: { fault: refused("ExpiredTokenException") },
  "no connection": { fault: { kind: "reset" } },
  "an answer is lost": LOST,
  "an answer is lost once": { ...LOST, isOnce: true },
  "another write at once": { fault: refused("TooManyUpdates"), on: /Put/, isOnce: true },
  "a proxy's {}": { fault: answering(200, "{}") },
  "a proxy's {} after the write": afterWrite("{}"),
  "version 0": afterWrite('{"Version":0}'),
  "a version that is text": afterWrite('{"Version":"9"}'),
  "a proxy's page": afterWrite("<html>"),
};
/** What holds from the call on, or for all calls. */
const STATES = ["the role is revoked", "no history", "Ctrl-C"];
const PROBLEMS = [...Object.keys(FAULTS), ...STATES];

/** Calls have numbers from 0; the repetitions of the SDK are one call. */
interface Case {
  readonly command: string;
  readonly act: Act;
  /** Before which call the colleague writes. */
  readonly first: number | undefined;
  /** Before which call they write again. */
  readonly second: number | undefined;
  readonly problem: string | undefined;
  /** The call that the problem is for. */
  readonly at: number;
}

const operationOf = ({ headers }: LocalRequest) =>
  headers["x-amz-target"]?.replace("AmazonSSM.", "") ?? "";
const isWrite = (operation: string) => /^(Put|Delete)/.test(operation);

/** The version 1 of what is rolled back. */
const WAS: Readonly<Record<string, unknown>> = {
  [CI]: ci({ username: "was" }),
  [DENY]: ["kept", "dropped", "mallory", "was"].map(denial),
};

function reset(store: MemoryStore, { stored, words, at }: Command): void {
  store.fail(undefined);
  const all = Object.values(COMMANDS).flatMap((each) => [each.at, ...Object.keys(each.stored)]);
  for (const name of new Set(all)) store.remove(`${PREFIX}/${name}`);
  const put = (name: string, value: unknown) =>
    store.put(`${PREFIX}/${name}`, JSON.stringify(value));
  put(`sso/${A}/clusteradmin`, { username: "admin:{SessionName}", groups: ["system:masters"] });
  // For the names that are denied.
  for (const name of ["eve", "mallory"])
    put(`user/${A}/${name}`, { arn: arn(`user/${name}`), username: name });
  if (words.includes("rollback")) put(at, WAS[at]);
  for (const [name, value] of Object.entries(stored)) put(name, value);
  store.requests.length = 0;
}

/** What a colleague stores instead of `text`. */
function changed(
  text: string | undefined,
  { at, entryOf }: Command,
  act: Act,
  marker: string,
): string {
  if (entryOf === undefined) {
    const value = text === undefined ? (at === CI ? ci() : {}) : (parseJson(text) as object);
    return JSON.stringify({ ...value, description: marker });
  }
  const list = parseJson(text ?? "[]") as object[];
  if (act === "removes") {
    const dropped = JSON.stringify(entryOf("dropped"));
    return JSON.stringify(list.filter((item) => JSON.stringify(item) !== dropped));
  }
  const next = [...list, entryOf(marker)];
  const filled = (length: number) =>
    JSON.stringify([...next, { ...entryOf("full"), description: "x".repeat(length) }]);
  return act === "fills" ? filled(Math.max(0, 4090 - filled(0).length)) : JSON.stringify(next);
}

/** One run of a command: the colleague, the fault, and what was written. */
class Race {
  readonly #store: MemoryStore;
  readonly #chosen: Case;
  readonly #command: Command;
  readonly #name: string;
  readonly interrupt = new AbortController();
  /** The operations, and the SDK's ids of the calls. */
  readonly calls: string[] = [];
  readonly #ids: string[] = [];
  /** By marker: the version that the colleague wrote. */
  readonly theirs = new Map<string, number>();
  /** The colleague's single values that the command replaced, and had not read for its plan. */
  readonly replaced = new Set<string>();
  isWritten = false;
  isPlanned = false;
  readonly #read = new Set<string>();
  #isDeleted = false;

  constructor(store: MemoryStore, chosen: Case) {
    this.#store = store;
    this.#chosen = chosen;
    this.#command = COMMANDS[chosen.command] as Command;
    this.#name = `${PREFIX}/${this.#command.at}`;
  }

  faultOf(request: LocalRequest): Fault | undefined {
    const operation = operationOf(request);
    const id = request.headers["amz-sdk-invocation-id"] ?? "";
    const isRepeated = this.#ids.includes(id);
    if (!isRepeated) this.#ids.push(id);
    const number = this.#ids.indexOf(id);
    if (!isRepeated) this.#begin(operation, number);
    if (this.#isRefused(operation, number)) return refused("AccessDeniedException");
    const { problem = "", at } = this.#chosen;
    const { fault, on = /./, isApplied = false, isOnce = false } = FAULTS[problem] ?? {};
    const isNow =
      fault !== undefined && number === at && on.test(operation) && !(isOnce && isRepeated);
    if (isWrite(operation) && (!isNow || isApplied)) this.#apply(request, isNow);
    return isNow ? fault : undefined;
  }

  #begin(operation: string, number: number): void {
    this.calls.push(operation);
    const { first, second, problem, at } = this.#chosen;
    // DeleteParameter has no condition: what is written right before it is lost without notice.
    if ((first === number || second === number) && operation !== "DeleteParameter") this.#act();
    if (problem === "Ctrl-C" && at === number) this.interrupt.abort();
    if (this.isPlanned || isWrite(operation)) return;
    for (const marker of this.theirs.keys())
      if (this.#store.value(this.#name)?.includes(marker)) this.#read.add(marker);
  }

  #isRefused(operation: string, number: number): boolean {
    const { problem, at } = this.#chosen;
    if (problem === "no history") return operation === "GetParameterHistory";
    return problem === "the role is revoked" && number >= at;
  }

  #act(): void {
    // What is created after the removal is not this command's matter.
    if (this.#isDeleted) return;
    const marker = `theirs${this.theirs.size + 1}`;
    const text = this.#store.value(this.#name);
    const next = changed(text, this.#command, this.#chosen.act, marker);
    if (next !== text) this.theirs.set(marker, this.#store.put(this.#name, next));
  }

  /** Notes what a write replaces. Carries it out if its answer is a fault, `isHere`. */
  #apply(request: LocalRequest, isHere: boolean): void {
    const input = parseJson(request.body.toString()) as Readonly<Record<string, string>>;
    const { Name: name = "", Value: value, Description: description } = input;
    const now = this.#store.value(name);
    if (value === undefined) {
      this.#isDeleted ||= name === this.#name;
      if (isHere) this.#store.remove(name);
      return;
    }
    if (now !== undefined && !input["Overwrite"]) return;
    const [marker] = /theirs\d/.exec(now ?? "") ?? [];
    this.isWritten ||= name === this.#name;
    const isKept = marker === undefined || value.includes(marker);
    if (name === this.#name && !isKept && !this.#read.has(marker)) this.replaced.add(marker);
    if (isHere) this.#store.put(name, value, description === undefined ? {} : { description });
  }
}

/**
 * Lets the SDK's waits after a throttled call pass at once, until the returned function is called.
 * Without it, a third of the time would be these waits: 4.8 s beside 9.3 s of work, in 150 cases.
 */
function skipThrottlingWaits(): () => void {
  const limiter: {
    setTimeoutFn(run: () => void, ms: number): unknown;
    prototype: { getCurrentTimeInSeconds(): number };
  } = Object(DefaultRateLimiter);
  const { setTimeoutFn } = limiter;
  const { getCurrentTimeInSeconds } = limiter.prototype;
  let skipped = 0;
  limiter.setTimeoutFn = (run, ms) => {
    skipped += ms / 1000;
    setImmediate(run);
  };
  limiter.prototype.getCurrentTimeInSeconds = () => Date.now() / 1000 + skipped;
  return () => {
    limiter.setTimeoutFn = setTimeoutFn;
    limiter.prototype.getCurrentTimeInSeconds = getCurrentTimeInSeconds;
  };
}

/** Starts the cluster. The SDK waits no random time between two attempts. */
async function startRaces() {
  const { store, close } = await storedCluster();
  const folder = mkdtempSync(join(tmpdir(), "beside-"));
  const editor = join(folder, "editor.sh");
  writeFileSync(editor, `#!/bin/sh\nsed -i 's/username: .*/username: mine/' "$1"\n`);
  chmodSync(editor, 0o755);
  // A mock would keep each of a million calls.
  const { random } = Math;
  Math.random = () => 0;
  const restoreWaits = skipThrottlingWaits();
  return {
    async run(chosen: Case) {
      const { words, input } = COMMANDS[chosen.command] as Command;
      reset(store, COMMANDS[chosen.command] as Command);
      const race = new Race(store, chosen);
      store.fail((request) => race.faultOf(request));
      const more = words.startsWith("mappings") ? ["--allow-weakening", "--rate", "1000"] : [];
      const attempts = FAULTS[chosen.problem ?? ""]?.isOnce === true ? "2" : "1";
      const ended = await cli([...wordsOf(words), "-c", "prod", "-y", ...more], {
        interrupted: race.interrupt.signal,
        environment: { AWS_MAX_ATTEMPTS: attempts, VISUAL: editor },
        onPrint: () => {
          race.isPlanned = true;
        },
        ...(input !== undefined && { input }),
      });
      store.fail(undefined);
      const text = store.value(`${PREFIX}/${COMMANDS[chosen.command]?.at}`);
      const { instead = "" } = COMMANDS[chosen.command] as Command;
      const other = store.value(`${PREFIX}/${instead}`);
      const { calls } = race;
      return { ...ended, calls, wrong: wrongIn(chosen, race, ended, text, other) };
    },
    async close() {
      Math.random = random;
      restoreWaits();
      rmSync(folder, { recursive: true });
      await close();
    },
  };
}

/** What the command reports wrongly, in short sentences. `text` is what is stored in the end, and `other` instead. */
function wrongIn(
  { command, act }: Case,
  { theirs, replaced, isWritten }: Race,
  { code, out, err }: CliResult,
  text = "",
  other = "",
): string[] {
  const { at, entryOf, isDone } = COMMANDS[command] as Command;
  const isLost = (marker: string): boolean => {
    if (entryOf === undefined) return replaced.has(marker);
    return act === "removes"
      ? text.includes(JSON.stringify(entryOf("dropped")))
      : !text.includes(marker);
  };
  // What the plan shows is replaced with consent.
  const lost = [...theirs].filter(([marker]) => !out.includes(marker) && isLost(marker));
  const isNamed = (version: number) => {
    const [, from = 0, to = 0] = /versions (\d+) to (\d+)/.exec(err) ?? [];
    const isInRange = Number(from) <= version && version <= Number(to);
    const isListed = isInRange || err.includes(`version ${version}`);
    return err.includes(at) && (isListed || err.includes("not known whether"));
  };
  const wrong = lost.flatMap(([marker, version]) => {
    if (code === 0) return `exit 0, and ${marker} is lost`;
    return isNamed(version) ? [] : `${marker}, version ${version}, is lost and not named`;
  });
  const isTheirs = text.includes("theirs");
  const isOver = entryOf === undefined && isWritten && isTheirs;
  const done = isDone(text === "" ? undefined : text) || (other !== "" && isDone(other));
  if (code === 0 && !done && !isOver) wrong.push("exit 0, and it is not done");
  if (err.includes("Nothing was written") && isWritten && done && !isTheirs)
    wrong.push("it is written, and reported as not written");
  const isRefused = code === 2 && !isWritten;
  if (/bug/.test(err) || !([0, 1, 3, 130].includes(code) || isRefused)) wrong.push(`exit ${code}`);
  return wrong;
}

type RunCase = Awaited<ReturnType<typeof startRaces>>["run"];

/**
 * Every case: the colleague before each call, a problem at each later one, and the colleague again
 * at that call or at the next one. Where the colleague or the problem comes before the last reading,
 * two problems represent the others, and the colleague does not write again.
 */
async function* allCases(run: RunCase): AsyncGenerator<Case> {
  for (const [command, act] of commandsWithActs()) {
    const alone = { command, act, first: undefined, second: undefined, problem: undefined, at: 0 };
    const { calls } = await run(alone);
    for (const first of [undefined, ...calls.keys()]) {
      const beside = { ...alone, first };
      yield beside;
      const { calls: then } = await run(beside);
      for (let at = first ?? 0; at < then.length; at += 1) yield* casesAt(beside, at, then);
    }
  }
}

function commandsWithActs() {
  return Object.keys(COMMANDS).flatMap((command) =>
    (VARIED.includes(command) ? ACTS : [ACTS[0]]).map((act) => [command, act] as const),
  );
}

function* casesAt(beside: Case, at: number, calls: readonly string[]): Generator<Case> {
  const { first } = beside;
  const isEarly = Math.min(first ?? at, at) < calls.findIndex(isWrite) - 2;
  const isFor = (problem: string) => {
    // It does not depend on the call.
    if (problem === "no history") return at === (first ?? 0);
    return isEarly
      ? ["denied", "Ctrl-C"].includes(problem)
      : FAULTS[problem]?.on?.test(calls[at] ?? "") !== false;
  };
  const seconds = first === undefined || isEarly ? [undefined] : [undefined, at, at + 1];
  for (const problem of PROBLEMS.filter(isFor)) {
    for (const second of seconds)
      if (first === undefined || second !== first) yield { ...beside, second, problem, at };
  }
}

/** Random cases around the first write of each command, where most others are equal to one of these. */
async function someCases(run: RunCase, numRuns: number, seed: number): Promise<Case[]> {
  const near = fc.record({
    chosen: fc.constantFrom(...commandsWithActs()),
    first: fc.option(fc.constantFrom(-1, 0, 0, 0, 1, 2), { nil: undefined, freq: 9 }),
    later: fc.nat(4),
    again: fc.constantFrom(undefined, 0, 1),
    problem: fc.constantFrom(...PROBLEMS),
  });
  const firstWrites = new Map<string, number>();
  const cases: Case[] = [];
  for (const { chosen, first, later, again, problem } of fc.sample(near, { numRuns, seed })) {
    const [command, act] = chosen;
    const alone = { command, act, first: undefined, second: undefined, problem: undefined, at: 0 };
    const write = firstWrites.get(command) ?? (await run(alone)).calls.findIndex(isWrite);
    firstWrites.set(command, write);
    const at = write + (first ?? 0) + later;
    const second = first === undefined || again === undefined ? undefined : at + again;
    cases.push({
      command,
      act,
      problem,
      at,
      second,
      first: first === undefined ? undefined : write + first,
    });
  }
  return cases;
}

type Counts = Record<string, number> & { cases: number; wrong: number };

/** Runs a number of random cases. Prints each that is wrong, and counts them. */
export async function runSomeCases(numRuns: number, seed: number): Promise<Counts> {
  return await runAndCount((run) => someCases(run, numRuns, seed));
}

/** Runs one of `parts` equal parts of all cases. Prints each that is wrong, and counts them. */
async function runPart(part: number, parts: number): Promise<Counts> {
  return await runAndCount(async function* (run) {
    let index = 0;
    for await (const chosen of allCases(run)) {
      if (index % parts === part - 1) yield chosen;
      index += 1;
    }
  });
}

/**
 * Runs all cases on all processors, each in a process of its own, because the store and the
 * environment are shared by what runs in one process.
 */
export async function runAllCases(): Promise<Counts> {
  const parts = availableParallelism();
  const { NODE_V8_COVERAGE, ...environment } = process.env;
  const counts: Counts = { cases: 0, wrong: 0 };
  const runs = Array.from({ length: parts }, async (_, index) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [import.meta.filename], {
      env: { ...environment, PART: `${index + 1}/${parts}` },
      maxBuffer: 2 ** 27,
    });
    process.stderr.write(stderr);
    for (const [name, count] of Object.entries(parseJson(stdout) as Counts))
      counts[name] = (counts[name] ?? 0) + count;
  });
  await Promise.all(runs);
  return counts;
}

async function runAndCount(
  casesOf: (run: RunCase) => AsyncIterable<Case> | Promise<readonly Case[]>,
): Promise<Counts> {
  const { run, close } = await startRaces();
  const counts: Counts = { cases: 0, wrong: 0 };
  try {
    for await (const chosen of await casesOf(run)) {
      const { code, err, wrong } = await run(chosen);
      counts.cases += 1;
      counts[`exit ${code}`] = (counts[`exit ${code}`] ?? 0) + 1;
      if (wrong.length === 0) continue;
      counts.wrong += 1;
      console.error(JSON.stringify(chosen), wrong.join("; "), JSON.stringify(err));
    }
  } finally {
    await close();
  }
  return counts;
}

if (import.meta.main) {
  const [numRuns, seed = 1] = process.argv.slice(2).map(Number);
  const [part = 1, parts = 1] = (process.env["PART"] ?? "1/1").split("/").map(Number);
  const counts =
    numRuns === undefined ? await runPart(part, parts) : await runSomeCases(numRuns, seed);
  console.log(JSON.stringify(counts));
}
