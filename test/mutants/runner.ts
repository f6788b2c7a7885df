// A test runner for Stryker: it runs the tests of one folder for one mutant after another in the same process, since starting
// Node and loading the modules takes longer than most tests. It replaces node:test, so that tests can run again.

import { globSync, readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { mock } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

type Work = (context: unknown) => unknown;

interface TestFile {
  readonly tests: { readonly id: string; readonly work: Work }[];
  readonly before: Work[];
  readonly after: Work[];
  readonly beforeEach: Work[];
  readonly afterEach: Work[];
}

interface Outcome {
  readonly id: string;
  readonly error?: unknown;
  readonly timeSpentMs: number;
}

/** https://stryker-mutator.io/docs/stryker-js/guides/create-a-plugin/: what Stryker passes. */
interface MutantRun {
  readonly activeMutant: { readonly id: string };
  /** `static`: the mutant is in code that runs while modules are loaded. */
  readonly mutantActivation: "static" | "runtime";
  /** The tests that reach the mutant. Default: all. */
  readonly testFilter?: readonly string[];
  readonly reloadEnvironment: boolean;
  /** Above this number of evaluations, the mutant throws: it loops. */
  readonly hitLimit?: number;
}

const FOLDER = process.env["FOLDER"] ?? "";
/** A regular expression: which test files run. Default: those of the folder and its neighbours. */
const TESTS = new RegExp(process.env["TESTS"] ?? "");
const OTHERS = FOLDER.startsWith("cli/")
  ? "cli/{commands,model,plan}"
  : "functions/authenticator/{user,review,http,attacks,jwt}";

/** The code with mutants reads and writes it. */
const shared: Record<string, unknown> = {};
Object.assign(globalThis, { __stryker__: shared });

let loaded = new Map<string, TestFile>();
let loading: { readonly name: string; readonly file: TestFile };
/** Part of each URL, so that modules are loaded again. */
let version = 0;
let isFresh = true;

/** By URL, without types: stripping them takes as long as most tests. */
const sources = new Map<string, string>();
const ROOT = pathToFileURL(`${process.cwd()}/`).href;
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === "node:test" && context.parentURL !== import.meta.url)
      return { url: import.meta.url, shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    const isOwn =
      resolved.url.startsWith(ROOT) && /\.ts(\?|$)/.test(resolved.url) && !resolved.url.includes("/node_modules/");
    return isOwn ? { ...resolved, url: `${resolved.url.replace(/\?.*/, "")}?${version}` } : resolved;
  },
  load(url, context, nextLoad) {
    const [file = ""] = url.split("?");
    if (file === url) return nextLoad(url, context);
    const source = sources.get(file) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(file), "utf8"));
    sources.set(file, source);
    return { format: "module", source, shortCircuit: true };
  },
});

// What test files import from node:test.
export function test(name: string, ...rest: unknown[]): void {
  loading.file.tests.push({ id: `${loading.name}: ${name}`, work: rest.at(-1) as Work });
}
export const describe = (_: string, suite: () => unknown): unknown => suite();
export const before = (work: Work): unknown => loading.file.before.push(work);
export const after = (work: Work): unknown => loading.file.after.push(work);
export const beforeEach = (work: Work): unknown => loading.file.beforeEach.push(work);
export const afterEach = (work: Work): unknown => loading.file.afterEach.push(work);
export { mock };

/** In the order in which they run. Files with properties are slow, and the others kill most mutants. */
function testFiles(filter: readonly string[] | undefined): string[] {
  const [own = [], others = []] = [`${FOLDER}/**`, OTHERS].map((glob) => globSync(`test/${glob}/*.test.ts`).sort());
  const isFast = (file: string): boolean => !readFileSync(file, "utf8").includes("numRuns");
  const files = [...new Set([...own.filter(isFast), ...others.filter(isFast), ...own])].filter((file) =>
    TESTS.test(file),
  );
  return files.filter((file) => filter === undefined || filter.some((id) => id.startsWith(`${file}: `)));
}

function reload(): void {
  version += 1;
  loaded = new Map();
  isFresh = true;
}

async function load(name: string): Promise<TestFile> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const file: TestFile = { tests: [], before: [], after: [], beforeEach: [], afterEach: [] };
  loading = { name, file };
  await import(pathToFileURL(name).href);
  loaded.set(name, file);
  return file;
}

/** With `bail`, ends at the first failure. */
async function run(filter: readonly string[] | undefined, bail: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const name of testFiles(filter)) {
    const environment = { ...process.env };
    let id = `${name}: hooks`;
    let start = performance.now();
    const end = (error?: unknown) => outcomes.push({ id, error, timeSpentMs: performance.now() - start });
    try {
      const file = await load(name);
      await all(file.before);
      for (const { id: own, work } of file.tests) {
        if (filter !== undefined && !filter.includes(own)) continue;
        id = own;
        shared["currentTestId"] = id;
        start = performance.now();
        const cleanup: Work[] = [];
        await all(file.beforeEach);
        try {
          await work({ name: id, after: (later: Work) => cleanup.push(later) });
        } finally {
          await all([...cleanup, ...file.afterEach]);
        }
        end();
      }
      await all(file.after);
    } catch (error) {
      end(error ?? new Error("failed"));
      if (bail) return outcomes;
    } finally {
      shared["currentTestId"] = undefined;
      for (const key of Object.keys(process.env)) if (!(key in environment)) delete process.env[key];
      Object.assign(process.env, environment);
    }
  }
  return outcomes;
}

async function all(hooks: readonly Work[]): Promise<void> {
  for (const hook of hooks) await hook({});
}

async function firstFailure(filter: readonly string[] | undefined): Promise<Outcome | undefined> {
  return (await run(filter, true)).find(({ error }) => error !== undefined);
}

async function failureWith({ activeMutant, testFilter, hitLimit }: MutantRun) {
  Object.assign(shared, { hitCount: 0, hitLimit, activeMutant: activeMutant.id });
  const failure = await firstFailure(testFilter);
  Object.assign(shared, { hitLimit: undefined, activeMutant: undefined });
  return failure;
}

async function mutantRun(options: MutantRun) {
  const { mutantActivation, testFilter, hitLimit } = options;
  if (options.reloadEnvironment) reload();
  const wasFresh = isFresh;
  isFresh = false;
  let failure = await failureWith(options);
  // State that earlier mutants left behind could fail a test, or let this mutant survive.
  const isSure = failure === undefined ? wasFresh : (await firstFailure([failure.id])) === undefined;
  if (mutantActivation === "runtime" && !isSure) {
    reload();
    failure = await failureWith(options);
    if (failure !== undefined) {
      reload();
      const broken = await firstFailure([failure.id]);
      if (broken !== undefined) throw new Error(`fails without a mutant: ${broken.id}`, { cause: broken.error });
    }
    isFresh = false;
  }
  const hits = Number(shared["hitCount"]);
  if (hitLimit !== undefined && hits > hitLimit) return { status: "timeout", reason: `evaluated ${hits} times` };
  if (failure === undefined) return { status: "survived", nrOfTests: testFilter?.length ?? 0 };
  return { status: "killed", killedBy: [failure.id], failureMessage: String(failure.error), nrOfTests: 1 };
}

async function dryRun() {
  shared["mutantCoverage"] = { static: {}, perTest: {} };
  const tests = (await run(undefined, false)).map(({ id, error, timeSpentMs }) => {
    const status = error === undefined ? "success" : "failed";
    return { id, name: id, timeSpentMs, status, failureMessage: error instanceof Error ? error.stack : String(error) };
  });
  if (tests.length === 0) return { status: "error", errorMessage: `No test file of ${FOLDER} matches ${TESTS}` };
  return { status: "complete", tests, mutantCoverage: shared["mutantCoverage"] };
}

const runner = { capabilities: () => ({ reloadEnvironment: true }), dryRun, mutantRun };
export const strykerPlugins = [{ kind: "TestRunner", name: "one-process", factory: () => runner }];
