// Ablation of the bundle's optimizations: measures the authenticator as shipped, and without each optimization.
// `npm run bench -- cuts [rounds]`; default 21 rounds.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BuildOptions, Plugin } from "esbuild";
import { builtIns } from "../../infra/bundle/built-ins.ts";
import { bundle } from "../../infra/bundle/bundle.ts";
import { LEAN_PLUGINS, LEAN_SCHEMAS } from "../../infra/bundle/plugins.ts";
import { separateFile } from "../../infra/bundle/separate-file.ts";
import { markdown } from "./compare.ts";
import { quartiles } from "./quartiles.ts";

const ROOT = join(import.meta.dirname, "..", "..");

interface Variant {
  readonly name: string;
  readonly without?: Plugin;
  /** Without any plugin that removes code. */
  readonly bare?: boolean;
  readonly options?: BuildOptions;
}

/** The first two are identical: their difference is the noise of a run. */
const VARIANTS: readonly Variant[] = [
  { name: "what ships" },
  { name: "what ships, again" },
  { name: "without own credentials", options: { alias: {} } },
  { name: "without leaving event streams out", options: { external: [] } },
  { name: "without lean schemas", without: LEAN_SCHEMAS },
  { name: "without unimported built-in modules", without: builtIns },
  {
    name: "without any of these, from ES modules",
    bare: true,
    options: { alias: {}, external: [] },
  },
];

/** Size in kB and path of the built `index.mjs`. */
async function build(
  folder: string,
  { without, bare = false, options }: Variant,
): Promise<{ path: string; size: number }> {
  const own = mkdtempSync(join(folder, "variant-"));
  const lean = LEAN_PLUGINS.filter((plugin) => !bare && plugin !== without);
  const plugins = [separateFile("ec2-node-name"), ...lean];
  const { files } = await bundle(ROOT, "functions/authenticator/index.ts", "index.mjs", plugins, options);
  for (const { name, contents } of files) writeFileSync(join(own, name), contents);
  const size = files.find(({ name }) => name === "index.mjs")?.contents.length ?? Number.NaN;
  return { path: join(own, "index.mjs"), size: size / 1000 };
}

/** A local endpoint without a server, so that connections opened early stay on this machine. */
const NOWHERE = "https://127.0.0.1:9";
const environment = {
  ...{ CLUSTER_ID: "bench", CALLER_AUTH: "none", AWS_REGION: "us-east-1" },
  ...{ AWS_ENDPOINT_URL_STS: NOWHERE, AWS_ENDPOINT_URL_SSM: NOWHERE },
};

/** Processor time in ms to load a bundle in a new process; machine load hardly affects it. */
function loadTime(path: string): number {
  const program = `const before = process.cpuUsage();
await import(${JSON.stringify(pathToFileURL(path).href)});
const { user, system } = process.cpuUsage(before);
process.stdout.write(String((user + system) / 1000));
process.exit();`;
  const child = ["--input-type=module", "--eval", program];
  return Number(execFileSync(process.execPath, child, { env: environment, encoding: "utf8" }));
}

const rounds = Number(process.argv[2] ?? 21);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
try {
  const built = await Promise.all(VARIANTS.map((variant) => build(folder, variant)));
  const taken: number[][] = built.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { path }] of built.entries()) taken[index]?.push(loadTime(path));
  }
  const rows = built.map(({ size }, index) => {
    const { lower, median, upper } = quartiles(taken[index] ?? []);
    return [VARIANTS[index]?.name ?? "", size, lower, median, upper].map((cell) =>
      typeof cell === "number" ? cell.toFixed(1) : cell,
    );
  });
  console.log(markdown(["index.mjs", "kB", "lower quartile", "median", "upper quartile"], rows));
} finally {
  rmSync(folder, { recursive: true });
}
