// Reads esbuild's metafile: the modules of an output, and the imports that added them.

import type { Metafile } from "esbuild";

/** Modules that contribute bytes to the script, largest first. */
export function modulesInside({ outputs }: Metafile): readonly { readonly path: string; readonly bytes: number }[] {
  return Object.entries(outputs)
    .filter(([path]) => path.endsWith(".mjs"))
    .flatMap(([, { inputs }]) => Object.entries(inputs))
    .map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** The shortest chain of imports from the entry to `module`, one import per line. */
export function importChain({ inputs, outputs }: Metafile, module: string): string {
  const entry = Object.values(outputs).find(({ entryPoint }) => entryPoint !== undefined)?.entryPoint ?? "";
  const importers = new Map<string, string | undefined>([[entry, undefined]]);
  // A Map iterates in insertion order and includes entries that are added meanwhile: breadth first.
  for (const path of importers.keys()) {
    for (const imported of inputs[path]?.imports ?? []) {
      if (!importers.has(imported.path)) importers.set(imported.path, path);
    }
  }
  const chain: string[] = [];
  for (let at: string | undefined = module; at !== undefined; at = importers.get(at)) chain.unshift(at);
  return chain.join("\n  imports ");
}
