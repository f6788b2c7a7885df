// What each cut in the bundle brings: the authenticator as it ships, and built without one of them at a time.
// `node test/bench/cuts.ts`, or with another number of rounds than 21: `node test/bench/cuts.ts 41`.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";
import { builtIns } from "../../infra/bundle/built-ins.ts";
import { bundle } from "../../infra/bundle/bundle.ts";
import { leanSchemas } from "../../infra/bundle/lean-schemas.ts";
import { LEAN_PLUGINS } from "../../infra/bundle/plugins.ts";
import { separateFile } from "../../infra/bundle/separate-file.ts";
import { versionOnly } from "../../infra/bundle/version-only.ts";
import { authenticator, emptyHandler } from "./candidates.ts";
import type { Candidate } from "./cold-start.ts";
import { compare } from "./compare.ts";
import { type LocalServices, startLocalServices } from "./local-services.ts";
import { runtimeClient } from "./runtime-client.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** esbuild's own choice for Node: the packages' CommonJS, which calls `require`. */
const COMMON_JS: BuildOptions = {
  mainFields: ["main", "module"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
};

interface Cut {
  readonly name: string;
  readonly plugin?: Plugin;
  /** What builds without it. */
  readonly options?: BuildOptions;
}

const CUTS: readonly Cut[] = [
  { name: "own credentials", options: { alias: {} } },
  { name: "event streams left out", options: { external: [] } },
  { name: "lean schemas", plugin: leanSchemas },
  { name: "built-in modules unimported", plugin: builtIns },
  { name: "version only", plugin: versionOnly },
];

async function variants(folder: string, services: LocalServices): Promise<Candidate[]> {
  async function variant(name: string, plugins: readonly Plugin[], options: BuildOptions = {}): Promise<Candidate> {
    const own = mkdtempSync(join(folder, "variant-"));
    const all = [separateFile("ec2-node-name"), ...plugins];
    const { files } = await bundle(ROOT, "functions/authenticator/index.ts", "index.mjs", all, options);
    for (const file of files) writeFileSync(join(own, file.name), file.contents);
    return authenticator(name, own, services);
  }
  const built = [
    // Twice: how far these two are apart is the noise of this run
    await variant("what ships", LEAN_PLUGINS),
    await variant("what ships, again", LEAN_PLUGINS),
  ];
  for (const { name, plugin, options } of CUTS) {
    const others = LEAN_PLUGINS.filter((other) => other !== plugin);
    built.push(await variant(`without: ${name}`, others, options));
  }
  built.push(await variant("esbuild's defaults, minified", [], { ...COMMON_JS, alias: {}, external: [] }));
  return built;
}

const rounds = Number(process.argv[2] ?? 21);
const client = runtimeClient(ROOT);
const folder = mkdtempSync(join(tmpdir(), "bench-"));
const services = await startLocalServices();
try {
  console.log(await compare(client, [emptyHandler(folder), ...(await variants(folder, services))], rounds));
} finally {
  await services.close();
  rmSync(folder, { recursive: true });
}
